"""Populations: filtered, each id of a scope once, ordered by digest; what cannot be is one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from agent.errors import AnnexaError, ConfigurationError, VerificationError
from agent.lake.pieces import Piece
from agent.lake.population import Population, Wanted, gather, records
from agent.model import Window
from agent.sampling import select
from tests.lake.made import Maker, day, z

YEAR = Window(day(0), day(365))


def digest(record: dict[str, Any]) -> str:
    """Return the digest of a record without floats: sorted JSON without blanks is canonical."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def wanted(kind: str, pieces: list[Piece], **more: Any) -> Wanted:
    return Wanted(kind=kind, pieces=pieces, period=YEAR, as_of=day(400), **more)


def digests(population: Population) -> list[str]:
    return [one.hex() for one in population.digests()]


def test_states_count_once_as_last_collected(maker: Maker) -> None:
    old = [{"id": "a", "mfa": False}, {"id": "b", "mfa": False}]
    new = [{"id": "a", "mfa": True}]
    pieces = [maker.piece("account", new, collected=day(2)), maker.piece("account", old, collected=day(1)),
              maker.piece("account", [{"id": "a", "mfa": None}], collected=day(1), scope="other")]
    with gather(wanted("account", pieces)) as found:
        rows: list[dict[str, Any]] = [new[0], old[1], {"id": "a", "mfa": None}]
        assert digests(found) == sorted(map(digest, rows))
        assert (found.size, found.read) == (3, 4)
        assert {(one.id, one.scope, one.artifact) for one in found.named(["a"])} == {
            ("a", "prod", "sha256:a0"), ("a", "other", "sha256:a2")}
        assert sorted(found.lines()) == sorted(
            json.dumps(one, sort_keys=True, separators=(",", ":")).encode() for one in rows)
    with gather(wanted("account", pieces, where="NOT mfa")) as found:  # the filter comes first
        assert digests(found) == sorted(map(digest, old))
    with gather(wanted("account", pieces, where="scope = 'other'")) as found:
        assert digests(found) == [digest({"id": "a", "mfa": None})]


def test_events_lie_in_the_period(maker: Maker) -> None:
    rows = [{"id": f"e{n}", "outcome": "completed", "occurred_at": z(day(n))} for n in (-1, 0, 364, 365)]
    piece = maker.piece("backup_test", [*rows, {"id": "undated", "outcome": "completed"}], collected=day(390))
    with gather(wanted("backup_test", [piece])) as found:
        assert digests(found) == sorted(map(digest, rows[1:3]))
    with gather(wanted("backup_test", [piece], where="occurred_at < $as_of - INTERVAL 300 DAY")) as found:
        assert digests(found) == [digest(rows[1])]


def test_the_database_selects_as_the_rule_does(maker: Maker) -> None:
    rows = [{"id": f"u{n}", "type": "human" if n % 3 else "service"} for n in range(500)]
    piece = maker.piece("account", rows)
    with gather(wanted("account", [piece], by="type")) as found:
        assert found.strata == {"human": 333, "service": 167}
        for seed in ("s", "", "Prüfung\n\\x41", "a'b"):
            assert found.select(seed, 20) == select(found.digests(), seed, 20)
        assert found.select("s", 5, "service") == select(found.digests("service"), "s", 5)
        items = found.items(found.select("s", 20))
        assert [bytes.fromhex(item.digest) for item in items] == found.select("s", 20)
        for item in items:
            assert records(piece, {item.line})[item.line]["record"] == rows[item.line - 1]


def test_equal_records_of_two_scopes_are_two(maker: Maker) -> None:
    pieces = [maker.piece("account", [{"id": "root"}], scope=scope) for scope in ("one", "two")]
    with gather(wanted("account", pieces)) as found:
        assert digests(found) == [digest({"id": "root"})] * 2
        assert [one.scope for one in found.items(found.select("s", 2))] == ["one", "two"]


def test_nothing_to_draw_from(maker: Maker) -> None:
    with gather(wanted("account", [])) as found:
        assert (found.size, found.root) == (0, hashlib.sha256(b"").digest())
    with gather(wanted("account", [maker.piece("account", [])])) as found:
        assert found.size == 0


@pytest.mark.parametrize(("more", "said"), [
    ({"where": "mfa ="}, "syntax"), ({"where": "nope"}, "nope"), ({"where": "true; DROP TABLE x"}, "syntax"),
    ({"where": "id IN (SELECT * FROM 'x.csv')"}, "no table"), ({"where": "id = $other"}, "parameters"),
    ({"where": "id::INTEGER = 1"}, "convert"), ({"by": "nope"}, "no column"),
])
def test_what_cannot_be_asked(maker: Maker, more: dict[str, str], said: str) -> None:
    piece = maker.piece("account", [{"id": "a", "mfa": True}])
    with pytest.raises(ConfigurationError) as caught, gather(wanted("account", [piece], **more)):
        pass
    assert said in caught.value.line()
    assert "\n" not in caught.value.line()


def test_a_changed_object_is_refused(maker: Maker, tmp_path: Path) -> None:
    good, other = (maker.piece("account", [{"id": name}]) for name in "ab")
    good.path.write_bytes(other.path.read_bytes())
    with pytest.raises(VerificationError, match="not what its digest names"), gather(wanted("account", [good])):
        pass
    good.path.unlink()
    with pytest.raises(AnnexaError, match="cannot be read"), gather(wanted("account", [good]), tmp_path):
        pass

"""What `redact:` takes away: the column, and its values wherever else the line holds them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import canonical
from agent.collector import Record
from agent.masking import Redaction, Redactor
from agent.model import Account, Asset, Backup, Configuration, LogEvent

KEY = bytes(range(32))
ALICE = "hmac:" + hmac.new(KEY, b"alice@example.com", hashlib.sha256).hexdigest()[:32]


def redacted(row: Any, raw: Any, key: Any = KEY, whole: str = "", **actions: str) -> tuple[dict[str, Any], str, Redactor]:
    """Return the line as it is kept, as values and as text, and the redactor."""
    redactor = Redactor(actions, key, whole=whole)
    text = canonical.line(redactor.record(Record(row, raw))).decode()
    return json.loads(text), text, redactor


@pytest.mark.parametrize(("action", "row", "raw", "within"), [
    ("drop", None, None, "by [redacted] now"),
    ("mask", "[redacted]", "[redacted]", "by [redacted] now"),
    ("hash", ALICE, ALICE, f"by {ALICE} now"),
])
def test_the_value_goes_from_the_column_and_from_raw(action: str, row: str | None, raw: str | None, within: str) -> None:
    event = LogEvent("e-1", actor="alice@example.com", action="Login")
    line, text, redactor = redacted(
        event, {"User": "alice@example.com", "Said": ["by Alice@Example.com now"], "Url": "https://x/?u=alice%40example.com"},
        actor=action)
    assert line["record"]["actor"] == row
    assert line["raw"]["User"] == raw
    assert line["raw"]["Said"] == [within]
    assert line["record"]["action"] == "Login"
    assert "alice" not in text.lower()
    assert redactor.counts == {f"redact:actor:{action}": 1}


def test_equal_values_stay_equal_under_one_key_and_not_under_another() -> None:
    first = redacted(Account("1", principal="ada"), {"u": "ada"}, principal="hash")[0]["record"]["principal"]
    second = redacted(LogEvent("2", actor="ada"), {"u": "ada"}, actor="hash")[0]["record"]["actor"]
    other = redacted(Account("1", principal="ada"), {"u": "ada"}, bytes(32), principal="hash")[0]["record"]["principal"]
    assert first == second == "hmac:" + hmac.new(KEY, b"ada", hashlib.sha256).hexdigest()[:32]
    assert other != first


@pytest.mark.parametrize("action", ["drop", "mask", "hash"])
def test_an_id_that_holds_the_value_stays_unique(action: str) -> None:
    lines = [redacted(Account(f"arn:aws:iam::1:user/{name}", principal=name, type="human"), {"UserName": name},
                      principal=action) for name in ("alice", "bruno")]
    ids = {line["record"]["id"] for line, _, _ in lines}
    assert len(ids) == 2
    assert all(one.startswith("arn:aws:iam::1:user/hmac:") for one in ids)
    assert all("alice" not in text and "bruno" not in text for _, text, _ in lines)
    assert lines[0][2].counts == {f"redact:principal:{action}": 1, "redact:id:elsewhere": 1}


def test_columns_of_fixed_words_stay_what_checks_compare() -> None:
    line, _, _ = redacted(Account("1", principal="root", type="root"), {"user": "root"}, principal="mask")
    assert (line["record"]["principal"], line["record"]["type"]) == ("[redacted]", "root")


def test_a_short_value_goes_as_a_word_alone() -> None:
    line, _, _ = redacted(Account("7", principal="al"), {"user": "al", "said": "al saw the final signal", "id": "user/al"},
                          principal="mask")
    assert line["raw"] == {"user": "[redacted]", "said": "[redacted] saw the final signal", "id": "user/[redacted]"}


@pytest.mark.parametrize("raw", [
    {"User": base64.b64encode(b"alice").decode()},
    {"first": "al", "last": "ice"},
    {},
    [{"operation": "x", "item": {"n": 1}}],
])
def test_raw_is_dropped_where_the_value_is_not_found_in_it(raw: Any) -> None:
    line, _, redactor = redacted(Account("user/alice", principal="alice"), raw, principal="hash")
    assert line["raw"] is None
    assert redactor.counts["redact:raw:drop"] == 1
    assert "raw item of 1 records was dropped" in redactor.notes()[-1]


def test_what_is_no_text_takes_raw_with_it() -> None:
    seen = datetime(2026, 1, 2, tzinfo=UTC)
    for row, raw, actions in (
        (Account("1", mfa=True), {"Mfa": True}, {"mfa": "drop"}),
        (Account("1", credentials=[{"type": "key", "active": True}]), {"Keys": ["k"]}, {"credentials": "drop"}),
        (Account("1", last_used_at=seen), {"LastUsed": 1767312000}, {"last_used_at": "drop"}),
        (Asset("1", tags={"Owner": "alice"}), {"Tags": {"Owner": "alice"}}, {"tags": "drop"}),
        (Configuration("1", value='{"to": "alice"}'), {"Value": {"to": "alice"}}, {"value": "mask"}),
    ):
        line, _, redactor = redacted(row, raw, **actions)
        assert line["raw"] is None, row
        assert redactor.counts["redact:raw:drop"] == 1
    line, _, _ = redacted(Account("1", last_used_at=seen), {"LastUsed": seen}, last_used_at="drop")
    assert line["raw"] == {"LastUsed": None}  # the same text in both


def test_lists_and_maps_lose_each_text_and_keep_their_shape() -> None:
    line, _, _ = redacted(Asset("1", tags={"Owner": "alice", "Team": ""}), {"Tags": [{"Key": "Owner", "Value": "alice"}], "Empty": "", "Line": "- -"},
                          tags="hash")
    assert (line["raw"]["Empty"], line["raw"]["Line"]) == ("", "- -")
    assert set(line["record"]["tags"]) == {"Owner", "Team"}
    assert line["raw"]["Tags"][0] == {"Key": "Owner", "Value": line["record"]["tags"]["Owner"]}
    line, _, _ = redacted(Account("1", entitlements=["grp-alice", "admins"]), {"g": ["admins", "grp-alice"]},
                             entitlements="mask")
    assert line["record"]["entitlements"] == line["raw"]["g"] == ["[redacted]", "[redacted]"]
    line, _, _ = redacted(Account("1", entitlements=["grp-alice"]), {"g": ["grp-alice"]}, entitlements="drop")
    assert (line["record"]["entitlements"], line["raw"]) == (None, {"g": [None]})


def test_numbers_and_keys_and_nested_json_are_searched() -> None:
    line, text, _ = redacted(
        Backup("b", resource='Zoë "Z" O'), {'Zoë "Z" O': 1, "policy": json.dumps({"who": ['Zoë "Z" O']})}, resource="mask")
    assert "Zo" not in text
    assert "hmac:" in next(iter(line["raw"]))
    assert json.loads(line["raw"]["policy"]) == {"who": ["[redacted]"]}
    line, text, _ = redacted(Backup("b", resource="123456789012"), {"account": 123456789012, "n": 5}, resource="mask")
    assert line["raw"] == {"account": "[redacted]", "n": 5}


def test_the_longer_value_goes_first() -> None:
    line, _, redactor = redacted(Asset("1", name="ada", owner="ada@example.com"), {"o": "ada@example.com"}, name="drop",
                                 owner="hash")
    assert line["raw"]["o"].startswith("hmac:")
    assert redactor.counts["redact:raw:drop"] == 0


def test_a_file_that_was_brought_stays_as_it_is() -> None:
    line, _, redactor = redacted(Asset("1", owner="Ada"), {"content": ["QWRhAda="], "added_by": "Ada"}, whole="content",
                                 owner="mask")
    assert line["raw"] == {"content": ["QWRhAda="], "added_by": "[redacted]"}
    line, _, redactor = redacted(Asset("1", owner="Ada"), {"added_by": "Bruno"}, whole="content", owner="mask")
    assert line["raw"] == {"added_by": "Bruno"}
    assert redactor.counts == {"redact:owner:mask": 1}


def test_what_is_not_there_is_not_counted_and_the_line_is_the_same() -> None:
    row, raw = Account("1", type="human"), {"a": [1, 2.5, None, True], "t": datetime(2026, 1, 1, tzinfo=UTC)}
    _line, text, redactor = redacted(row, raw, principal="drop", entitlements="mask")
    assert text.encode() == canonical.line({"record": row, "raw": raw})
    assert not redactor.counts
    assert redactor.notes() == ()
    line, _, redactor = redacted(Asset("1", name="", tags={}), {"a": 1}, name="mask", tags="drop")
    assert (line["raw"], redactor.counts) == ({"a": 1}, {})


def test_nesting_without_end_is_taken_away() -> None:
    raw: Any = "alice"
    for _ in range(200):
        raw = [raw]
    line, text, _ = redacted(Account("1", principal="alice"), {"deep": raw, "u": "alice"}, principal="mask")
    assert "alice" not in text
    depth, inner = 0, line["raw"]["deep"]
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0]
    assert (depth, inner) == (100, "[redacted]")


def test_a_letter_whose_lower_case_is_longer_is_found() -> None:
    _, text, redactor = redacted(Account("1", principal="İlker"), {"said": "by i̇lker"}, principal="mask")
    assert "lker" not in text
    assert not redactor.counts["redact:raw:drop"]


def test_the_id_wins_then_the_longest_pattern_column_by_column() -> None:
    rules = Redaction({"*": {"owner": "drop", "name": "drop"}, "aws.*": {"name": "mask"}, "aws.ec2": {"name": "hash"},
                       "aws.[e]c2": {"name": "drop"}, "*.s3": {"owner": "hash"}, "a*": {"owner": "mask"}})
    assert rules.of("aws.ec2") == {"owner": "mask", "name": "hash"}
    assert rules.of("aws.s3") == {"owner": "hash", "name": "mask"}
    assert rules.of("gcp.x") == {"owner": "drop", "name": "drop"}
    assert Redaction().of("aws.ec2") == {}


_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=4, max_size=12).filter(
    lambda one: one.strip() == one and not set(one) <= set("redactedhm:[]0123456789abcdf"))


@given(_NAMES, st.sampled_from(["drop", "mask", "hash"]), st.data())
def test_no_text_of_a_line_holds_the_value_afterwards(name: str, action: str, data: st.DataObject) -> None:
    around = st.one_of(st.just(name), st.text("xyz/@ ", max_size=5).map(lambda one: f"{one}{name}{one}"), st.integers(),
                       st.booleans(), st.none())
    raw = data.draw(st.recursive(around, lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", name]), inner, max_size=3),
        st.dictionaries(st.sampled_from(["j"]), inner.map(json.dumps), max_size=1)), max_leaves=8))
    line, _, _ = redacted(Account(f"user/{name}", principal=name), {"raw": raw}, principal=action)

    def texts(value: Any) -> Any:
        if isinstance(value, dict):
            for key, item in value.items():
                yield key
                yield from texts(item)
        elif isinstance(value, list):
            for item in value:
                yield from texts(item)
        elif isinstance(value, str):
            yield value
            if value[:1] in {"{", "["}:
                with contextlib.suppress(ValueError):
                    yield from texts(json.loads(value))

    raw_texts = list(texts(line["raw"]))
    kept = line["record"]["id"], *filter(None, [line["record"]["principal"]]), *raw_texts
    assert not [one for one in kept if name in one.replace("[redacted]", "").replace("hmac:", "")]

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.errors import ConfigurationError, Place
from agent.yamlfile import load, parse, resolve
from tests.config.helpers import refusal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("012345670123", "012345670123"),
        ("0x1f", "0x1f"),
        ("12:30:00", "12:30:00"),
        ("1_000", "1_000"),
        ("2026-12-07", "2026-12-07"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("1.2.3", "1.2.3"),
        ("9" * 30, "9" * 30),
    ],
)
def test_plain_scalars_say_what_people_mean(text: str, value: Any) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)
    assert parse(f"key: {text}", "f").value == {"key": value}


def test_every_value_and_key_knows_its_place() -> None:
    node = parse("a: 1\nlist:\n  - b: [x, 'y']\n", "f.yaml")
    inner = node.entries["list"].elements[0]
    assert inner.where("b") == Place("f.yaml", 3, 5)
    assert inner.entries["b"].elements[1].place == Place("f.yaml", 3, 12)
    assert node.where("absent") == node.place == Place("f.yaml", 1, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "f:3:1: the key 'a' stands here twice, first in line 1"),
        ("1: x", 'f:1:1: the key 1 is not text. Write it in quotes: "1"'),
        ("true: x", 'f:1:1: the key true is not text. Write it in quotes: "true"'),
        ("? [a]\n: b", "f:1:3: a key must be a word"),
        ("a: !!python/object/apply:os.system [id]", "f:1:4: the tag"),
        ("a: *b", "f:1:4: the alias *b names nothing"),
        ("a: &a [*a]", "f:1:8: the alias *a names nothing"),
        ("--- a\n--- b", "f:2:1: a second document"),
        ("a:\n\t- b", "f:2:1: is not YAML"),
        ("a: [1", "f:2:1: is not YAML"),
        ("[" * 500, "f:1:62: nests deeper than 60 levels"),
        ('"\\U99999999"', "f:1:4: is not YAML"),
        ("a: \x00", "f: is not YAML"),
        ("\ud800", "f: is not UTF-8 text"),
    ],
)
def test_what_is_refused_is_one_line_with_its_place(text: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "f")
    assert caught.value.line().startswith(line)
    assert "\n" not in caught.value.line()


def test_aliases_may_repeat_a_little_and_never_blow_up() -> None:
    assert parse("a: &x [1, 2]\nb: *x", "f").value == {"a": [1, 2], "b": [1, 2]}
    bomb = "l0: &l0 [x]\n" + "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(ConfigurationError, match="holds more than 1,000,000 values"):
        parse(bomb, "f")
    chain = "l0: &l0 [x]\n" + "".join(f"l{n}: &l{n} [[[[[[[[[[*l{n - 1}]]]]]]]]]]\n" for n in range(1, 9))
    with pytest.raises(ConfigurationError, match="deeper than 60 levels once"):
        parse(chain, "f")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load(tmp_path / "absent.yaml")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("organization: Müller".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not UTF-8 text: invalid"):
        load(latin)
    marked = tmp_path / "bom.yaml"
    marked.write_bytes(b"\xef\xbb\xbfa: 1")
    assert load(marked).value == {"a": 1}


@given(st.one_of(st.text(), st.binary(), st.text(alphabet="[]{}&*!|>'\"%@`#:,-? \n\tab01<~$")))
@example("? ? ? a")
@example("%YAML 9.9\n---\na")
@example("a: !<tag:yaml.org,2002:binary> x")
def test_no_text_raises_anything_but_a_configuration_error(text: str | bytes) -> None:
    lines = refusal(lambda: parse(text, "f"))
    assert len(lines) <= 1
    if not lines:
        assert parse(text, "f").place.file == "f"
        repr(parse(text, "f").value)

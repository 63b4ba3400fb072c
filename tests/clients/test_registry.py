"""Finding collectors: ours by their path, others' by entry point, and what is refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agent.collector import Api, Header
from agent.errors import ConfigurationError
from agent.registry import Registry

HEADER = Header(
    id="acme.doors", title="Doors", kind="asset", population="Every door of every building.", provider="acme",
    per="boundary", calls=(Api("doors.list_doors", ("doors:ListDoors",)),),
)


def offer(monkeypatch: pytest.MonkeyPatch, header: Any, collect: Any = lambda _: iter(()),
          name: str = "acme.doors") -> Registry:
    module = ModuleType("acme_doors")
    vars(module).update(HEADER=header, collect=collect)
    monkeypatch.setitem(sys.modules, "acme_doors", module)
    return Registry.load(offered=[EntryPoint(name, "acme_doors", "annexa.collectors")])


def test_ours_are_named_after_their_files() -> None:
    files = {
        f"aws.{path.stem}" for path in (Path(__file__).parents[2] / "collectors" / "aws").glob("*.py")
        if not path.stem.startswith("_")
    }
    registry = Registry.load()
    assert {one.header.id for one in registry.for_provider("aws")} == files
    assert list(registry.collectors) == sorted(registry.collectors)
    assert registry.get("aws.resource_tags").header.kind == "asset"


def test_a_wrong_id_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Registry.load().get("aws.resource_tag")
    assert caught.value.line() == "no collector 'aws.resource_tag'. Did you mean 'aws.resource_tags'?"


def test_a_package_may_offer_more(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = offer(monkeypatch, HEADER)
    assert registry.get("acme.doors").header is HEADER
    assert [one.header.id for one in registry.for_provider("acme")] == ["acme.doors"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": "acme.windows"}, "says that its id is 'acme.windows'"),
        ({"provider": "aws"}, "says that its provider is 'aws'"),
        ({"kind": "door"}, "has the kind 'door'"),
        ({"population": "doors"}, "must say its population in a sentence"),
        ({"calls": HEADER.calls * 2}, "declares one call twice"),
    ],
)
def test_a_broken_header_is_refused(monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        offer(monkeypatch, replace(HEADER, **changed))


def test_no_header_no_generator_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="needs HEADER"):
        offer(monkeypatch, None)
    with pytest.raises(ConfigurationError, match="needs HEADER"):
        offer(monkeypatch, HEADER, collect=None)
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        Registry.load(offered=[EntryPoint("acme.none", "acme_nowhere", "annexa.collectors")])


def test_an_id_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"two collectors have the id aws\.resource_tags"):
        offer(monkeypatch, HEADER, name="aws.resource_tags")

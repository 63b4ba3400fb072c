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
          name: str = "acme.doors", *, strict: bool = True) -> Registry:
    module = ModuleType("acme_doors")
    vars(module).update(HEADER=header, collect=collect)
    monkeypatch.setitem(sys.modules, "acme_doors", module)
    return Registry.load(offered=[EntryPoint(name, "acme_doors", "annexa.collectors")], strict=strict)


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
        ({"calls": ("doors.list_doors",)}, "lists under its calls what is no Api"),
        ({"calls": (Api("doors.list_doors", (), answers=("NoDoor",)),)},  # type: ignore[arg-type]  # the fault itself
         "lists answers or unavailable without what each code says"),
        ({"cadence": "daily"}, "has the cadence 'daily'"),
        ({"per": "floor"}, "runs per 'floor'"),
        ({"windows": True}, "has windows that are no Windows"),
        ({"opt_in": "yes"}, "is opt_in 'yes', which is neither True nor False"),
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
        Registry.load(offered=[EntryPoint("acme.none", "acme_nowhere", "annexa.collectors")], strict=True)


def test_an_id_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"two collectors have the id aws\.resource_tags"):
        offer(monkeypatch, HEADER, name="aws.resource_tags")
    registry = offer(monkeypatch, HEADER, name="aws.resource_tags", strict=False)
    assert registry.get("aws.resource_tags").header.title == "Tagged resources"
    assert list(registry.broken) == ["acme_doors"]
    assert registry.broken["acme_doors"].advice == "Remove the package that offers acme_doors"


DECLARED = """
from agent.collector import Api, Header
HEADER = Header(
    id="acme.doors", title="Doors", kind="asset", population="Every door of every building.", provider="acme",
    per="boundary", cadence="P1W", version=str(7), opt_in=True, calls=(Api("doors.list_doors", ("doors:ListDoors",)),),
)
"""


@pytest.mark.parametrize(("source", "said"), [
    ("import acme_gone\n" + DECLARED, "ModuleNotFoundError: No module named 'acme_gone'"),
    (DECLARED + "raise RuntimeError('first\\nsecond')\n", "RuntimeError: first second"),
    (DECLARED + "raise SystemExit('no licence')\n", "SystemExit: no licence"),
    (DECLARED, "needs HEADER, a Header, and collect, a generator"),
])
def test_a_broken_one_takes_nothing_down_and_its_runs_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    (tmp_path / "acme_broken.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_broken", raising=False)
    registry = Registry.load(offered=[EntryPoint("acme.doors", "acme_broken", "annexa.collectors")])
    assert list(registry.broken) == ["acme.doors"]
    assert said in registry.broken["acme.doors"].line()
    assert "\n" not in registry.broken["acme.doors"].line()
    assert len(registry.for_provider("aws")) > 1
    one = registry.get("acme.doors")
    header = one.header
    assert (header.title, header.kind, header.per, header.cadence) == ("Doors", "asset", "boundary", "P1W")
    assert (header.version, header.calls) == ("0", ()), "what is no plain word is not guessed"
    assert header.opt_in, "what nobody switched on does not begin because it is broken"
    with pytest.raises(ConfigurationError) as caught:
        list(one.collect(None))  # type: ignore[arg-type]  # it never looks at its run
    assert caught.value is registry.broken["acme.doors"]


DOUBTFUL = DECLARED.replace("asset", "door").replace("boundary", "floor").replace("P1W", "weekly").replace("Every", "a")


@pytest.mark.parametrize("source", ["def (", DOUBTFUL])
def test_what_cannot_be_read_or_does_not_hold_is_taken_carefully(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    package = tmp_path / "acme_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise ZeroDivisionError\n")
    (package / "doors.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry.load(offered=[EntryPoint("acme.doors", "acme_package.doors:collector", "annexa.collectors")])
    header = registry.get("acme.doors").header
    assert (header.kind, header.per, header.cadence) == ("configuration", "region", "P1D")
    assert header.population == "It could not be loaded."

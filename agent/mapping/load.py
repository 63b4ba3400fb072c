"""The packaged mapping, and directories of the user's own requirements laid over it.

The one module here that reads: package data through `importlib.resources`, and the directories
that the configuration names. `build` is pure: texts in, a `Mapping` out.
"""

from __future__ import annotations

from collections.abc import Mapping as Texts
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from agent.errors import ConfigurationError, ConfigurationErrors
from agent.mapping.fields import nearest
from agent.mapping.frameworks import ISO_2013, ISO_2022, parse_clauses, parse_controls, parse_crosswalk
from agent.mapping.mapping import Mapping
from agent.mapping.requirements import Parsed, parse_requirements

_OWN = "own/"


def build(texts: Texts[str, str]) -> Mapping:
    """Return the mapping of the named texts; raises `ConfigurationErrors` with every mistake in them.

    Names are `frameworks/ID.csv`, `crosswalks/SOURCE-to-TARGET.csv`, `requirements/*.yaml`, and
    `own/...` for the user's own requirements, which may replace packaged ones.
    """
    mapping, errors = build_partly(texts)
    if errors:
        raise ConfigurationErrors(errors)
    return mapping


def build_partly(texts: Texts[str, str]) -> tuple[Mapping, tuple[ConfigurationError, ...]]:
    """Return the mapping of what can be read of the texts, and what is wrong with the rest."""
    merged, errors = _requirements(texts)
    clauses = f"frameworks/{ISO_2022}-clauses.csv"
    mapping = Mapping(
        frameworks={name: parse_controls(texts[f"frameworks/{name}.csv"], f"frameworks/{name}.csv", name)
                    for name in (ISO_2022, ISO_2013)},
        clauses=parse_clauses(texts[clauses], clauses),
        crosswalks=tuple(parse_crosswalk(text, name, *_ends(name)) for name, text in texts.items()
                         if name.startswith("crosswalks/")),
        requirements={name: one.requirement for name, one in merged.items()},
        places={name: one.place for name, one in merged.items()},
        sources=dict(texts),
    )
    return mapping, tuple(errors)


def _requirements(texts: Texts[str, str]) -> tuple[dict[str, Parsed], list[ConfigurationError]]:
    errors: list[ConfigurationError] = []
    packaged: dict[str, Parsed] = {}
    own: dict[str, Parsed] = {}
    for name, text in texts.items():
        if name.endswith((".yaml", ".yml")):
            parsed, wrong = parse_requirements(text, name.removeprefix(_OWN))
            errors.extend(wrong)
            for one in parsed:
                errors.extend(_add(one, own if name.startswith(_OWN) else packaged))
    return _lay_over(packaged, own, errors), errors


def _ends(name: str) -> tuple[str, str]:
    source, _, target = name.removeprefix("crosswalks/").removesuffix(".csv").partition("-to-")
    return source, target


def _add(one: Parsed, into: dict[str, Parsed]) -> list[ConfigurationError]:
    name = one.requirement.id
    if name in into:
        return [ConfigurationError(f"requirement {name!r} is there twice, first at {into[name].place}",
                                   place=one.place, advice="Give one of them another id")]
    into[name] = one
    return []


def _lay_over(
    packaged: dict[str, Parsed], own: dict[str, Parsed], errors: list[ConfigurationError]
) -> dict[str, Parsed]:
    merged = dict(packaged)
    for name, one in own.items():
        if name in packaged and one.replaces != name:
            errors.append(ConfigurationError(f"requirement {name!r} is in the package already", place=one.place,
                                             advice=f"Add `replaces: {name}` if yours is to stand in its place"))
        elif one.replaces and one.replaces not in packaged:
            errors.append(ConfigurationError(f"there is no requirement {one.replaces!r} to replace",
                                             place=one.place, advice=nearest(one.replaces, packaged)))
        elif one.replaces:
            merged.pop(one.replaces, None)
        merged[name] = one
    return merged


@lru_cache(maxsize=1)
def packaged_texts() -> Texts[str, str]:
    """Return the texts of the package `mappings` by name, in order of name."""
    return dict(sorted(_texts(files("mappings"), "")))


def _texts(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found.extend(_texts(entry, f"{prefix}{entry.name}/"))
        elif entry.name.endswith((".csv", ".yaml")):
            found.append((prefix + entry.name, entry.read_text(encoding="utf-8")))
    return found


def own_texts(directory: Path) -> dict[str, str]:
    """Return the YAML files below a directory by name (`own/PATH`); raises `ConfigurationError` without it."""
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is not a directory", advice="Name the one that holds your requirements")
    paths = sorted(path for ending in ("*.yaml", "*.yml") for path in directory.rglob(ending))
    try:
        return {f"{_OWN}{path}": path.read_text(encoding="utf-8") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"a file below {directory} cannot be read: {error}") from error


def load_mapping(*directories: Path) -> Mapping:
    """Return the packaged mapping with the requirements of the directories laid over it."""
    texts = dict(packaged_texts())
    for directory in directories:
        texts |= own_texts(directory)
    return build(texts)

"""A list of documents, as a person writes it in YAML: read whole, and kept only if every entry is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent import yamlfile
from agent.assembly import documents
from agent.assembly.documents import Said
from agent.config import kinds
from agent.config.shape import Look, key, read
from agent.errors import ConfigurationError, ConfigurationErrors
from agent.model import Requirement
from agent.yamlfile import Node

if TYPE_CHECKING:
    from agent.assembly.app import Parts

WORD = kinds.text(numbers=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document of a list."""

    requirement: str = key(WORD, "The requirement that it fulfils.")
    approved: datetime = key(kinds.INSTANT, "When it was approved, or the event took place.")  # noqa: RUF009 `key` returns a field
    title: str = key(WORD, "Its title. Default: the requirement's.", default="")
    version: str = key(WORD, "Its version.", default="")
    owner: str = key(WORD, "Who keeps it up to date.", default="")
    approved_by: str = key(WORD, "Who approved it.", default="")
    valid_until: datetime | None = key(kinds.INSTANT, "When it ceases to hold, if it says so.", default=None)  # noqa: RUF009 `key` returns a field
    file: Path | None = key(kinds.PATH, "The document; relative to the list.", default=None)  # noqa: RUF009 `key` returns a field


def add(app: Parts, file: Path, by: str) -> list[str]:
    """Keep every document of a list and return the artifacts' ids; raises `ConfigurationErrors` and keeps none."""
    node = yamlfile.load(file)
    if node.kind != "list":
        raise ConfigurationError(
            "a list of documents is needed, one after each '- '", place=node.place,
            advice="Each has the keys requirement and approved, and what else is known of it",
        )
    found: list[tuple[Requirement, Said]] = []
    errors: list[ConfigurationError] = []
    look = Look(file.parent, app.config.timezone)
    for one in node.elements:
        try:
            found.append(_read(app, one, look, by))
        except ConfigurationError as error:
            errors.append(error)
    if errors:
        raise ConfigurationErrors(errors)
    return documents.keep(app, found)


def _read(app: Parts, node: Node, look: Look, by: str) -> tuple[Requirement, Said]:
    entry = read(Entry, node, "a document", look)
    said = Said(
        file=entry.file, title=entry.title, version=entry.version, owner=entry.owner, approved_by=entry.approved_by,
        occurred_at=entry.approved, valid_until=entry.valid_until, by=by,
    )
    errors = list(_wrong(app, node, entry, said))
    if errors:
        raise ConfigurationErrors(errors)
    return documents.wanted(app, entry.requirement), said


def _wrong(app: Parts, node: Node, entry: Entry, said: Said) -> Iterator[ConfigurationError]:
    """Yield what is wrong with an entry, at the place of the value that must change."""
    try:
        documents.wanted(app, entry.requirement)
    except ConfigurationError as error:
        yield _at(node, "requirement", error)
    try:
        documents.dates(said, app.clock())
    except ConfigurationError as error:
        yield _at(node, "approved" if said.occurred_at > app.clock() else "valid_until", error)
    if entry.file is not None:
        try:
            with entry.file.open("rb"):
                pass
        except OSError as error:
            unread = ConfigurationError(f"{entry.file} cannot be read: {error.strerror}", advice="Name a file that can")
            yield _at(node, "file", unread)


def _at(node: Node, name: str, error: ConfigurationError) -> ConfigurationError:
    return ConfigurationError(error.message, place=node.entries[name].place, advice=error.advice)

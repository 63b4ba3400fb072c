"""What the organization has on paper: the documents of an estate file, and the list that a person would bring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tests.lab.estate import Estate


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was approved, or an event that was recorded."""

    requirement: str
    title: str
    approved: datetime
    approved_by: str
    owner: str
    version: str = ""
    valid_until: datetime | None = None
    file: bool = False

    @property
    def name(self) -> str:
        """Return the name of its file."""
        return f"{self.requirement}-{self.approved:%Y-%m-%d}.md"

    def text(self, organization: str) -> str:
        """Return what it says, in short."""
        version = f"Version {self.version}. " if self.version else ""
        approved = f"Approved by {self.approved_by} on {self.approved:%d %B %Y}."
        return f"# {self.title}\n\n{organization}. {version}{approved}\n"


def papers(estate: Estate) -> Iterator[Paper]:
    """Yield the documents of an estate, group by group."""
    for group in estate.file.get("documents", ()):
        until = estate.ago(group["valid_until"]) if "valid_until" in group else None
        for requirement in group["requirements"]:
            title = requirement.replace("-", " ").capitalize()
            for day in group["approved"]:
                yield Paper(
                    requirement, title, estate.ago(day), group["approved_by"], group["owner"],
                    group.get("version", ""), until, group.get("file", False),
                )


def write(estate: Estate, folder: Path) -> Path:
    """Write the documents and their list into a folder, and return the list."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for paper in papers(estate):
        if paper.approved <= estate.now:
            entries.append(_entry(paper))
            if paper.file:
                (folder / paper.name).write_text(paper.text(estate.file["organization"]["name"]), encoding="utf-8")
    listed = folder / "documents.yaml"
    listed.write_text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")
    return listed


def _entry(paper: Paper) -> dict[str, Any]:
    said = {
        "requirement": paper.requirement, "title": paper.title, "version": paper.version, "owner": paper.owner,
        "approved_by": paper.approved_by, "approved": paper.approved.isoformat(),
        "valid_until": paper.valid_until.isoformat() if paper.valid_until else "",
        "file": paper.name if paper.file else "",
    }
    return {name: value for name, value in said.items() if value}

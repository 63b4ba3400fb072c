"""The agent as its edges see it: the parts, and what they do together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.assembly import force
from agent.assembly.app import Parts
from agent.mapping import Mapping

if TYPE_CHECKING:
    from agent.assembly.permissions import Checked
    from agent.run import Progress, Result


class App(Parts):
    """One configuration, opened, with everything that a command can ask of it."""

    def collect(
        self,
        collectors: Sequence[str] = (),
        scopes: Sequence[str] = (),
        due_only: bool = False,
        on_result: Callable[[Result], None] = lambda _result: None,
        begin: Callable[[Progress], None] = lambda _progress: None,
        stop: threading.Event | None = None,
    ) -> list[Result]:
        """Collect now; see `agent.assembly.collecting.collect`."""
        from agent.assembly import collecting

        return collecting.collect(self, collectors, scopes, due_only, on_result, begin, stop)

    def serve(self, host: str | None = None, port: int | None = None) -> None:
        """Collect on schedule and send alerts until told to stop."""
        from agent.assembly import duties

        duties.run(self, host, port)

    def alerts(self, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """Return the states that call somebody and hold at an instant, also one that lies ahead."""
        from agent.assembly import standing

        now = self.clock()
        return standing.standing(self, as_of or now, now)

    def mapping_at(self, as_of: datetime) -> Mapping:
        """Return the mapping in force at an instant; the newest for one that lies ahead."""
        return force.mapping_at(self.store, self.mapping, as_of)

    def doctor(self, *, send: bool = False) -> list[Checked]:
        """Check the configuration against reality; `send` sends a test message to each alert route."""
        from agent.assembly import doctor

        return doctor.doctor(self, send=send)

    def add_document(
        self, *, requirement: str, file: Path | None, title: str, version: str, owner: str, approved_by: str,
        occurred_at: datetime | None, valid_until: datetime | None, by: str,
    ) -> str:
        """Keep a document as evidence; see `agent.assembly.documents.add`."""
        from agent.assembly import documents

        return documents.add(
            self, requirement,
            documents.Said(
                file=file, title=title, version=version, owner=owner, approved_by=approved_by,
                occurred_at=occurred_at or self.clock(), valid_until=valid_until, by=by,
            ),
        )

    def add_documents(self, file: Path, by: str) -> list[str]:
        """Keep every document of a list, or none; see `agent.assembly.listing.add`."""
        from agent.assembly import listing

        return listing.add(self, file, by)

    def note(self, action: str, artifacts: Sequence[str] = ("",), *, why: str = "", detail: str = "") -> bool:
        """Write an access into the access log; see `agent.assembly.custody.note`."""
        from agent.assembly import custody

        return custody.note(self, action, artifacts, why=why, detail=detail)

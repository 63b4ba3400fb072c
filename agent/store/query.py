"""What the catalog is asked about artifacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import col, func, select

from agent.errors import ArgumentError
from agent.model import Outcome
from agent.store.catalog import Catalog
from agent.store.tables import ArtifactRow

PAGE = 1000


class Artifacts:
    """The questions about artifacts; every one of them has an index."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def oldest(self) -> datetime | None:
        """Return when the artifact collected first was, None where there is none."""
        with self._catalog.read() as session:
            return session.exec(select(func.min(ArtifactRow.collected_at))).one()

    def artifacts(
        self,
        *,
        collector: str | None = None,
        scope: str | None = None,
        boundary: str | None = None,
        region: str | None = None,
        kind: str | None = None,
        outcome: Outcome | str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        object: str | None = None,  # noqa: A002 - the word of the page on design
        voided: bool = True,
        deleted: bool = True,
        limit: int | None = None,
    ) -> list[ArtifactRow]:
        """Return artifacts, the newest collected first.

        `since` and `until` bound `collected_at` (half-open); `as_of` leaves out what was recorded
        later; `voided=False` leaves out what was voided (at `as_of`, where given), `deleted=False`
        those whose object is gone under retention by now.
        """
        query = select(ArtifactRow).order_by(col(ArtifactRow.collected_at).desc(), col(ArtifactRow.leaf).desc())
        for column, value in (
            (ArtifactRow.collector, collector), (ArtifactRow.scope, scope), (ArtifactRow.boundary, boundary),
            (ArtifactRow.region, region), (ArtifactRow.kind, kind), (ArtifactRow.object, object),
            (ArtifactRow.outcome, str(outcome) if outcome is not None else None),
        ):
            if value is not None:
                query = query.where(col(column) == value)
        if since is not None:
            query = query.where(col(ArtifactRow.collected_at) >= since)
        if until is not None:
            query = query.where(col(ArtifactRow.collected_at) < until)
        if as_of is not None:
            query = query.where(col(ArtifactRow.recorded_at) <= as_of)
        if not voided:
            at = col(ArtifactRow.voided_at)
            query = query.where(at.is_(None) if as_of is None else at.is_(None) | (at > as_of))
        if not deleted:
            query = query.where(col(ArtifactRow.deleted_at).is_(None))
        with self._catalog.read() as session:
            return list(session.exec(query.limit(limit)))

    def recorded(self, after: int = -1) -> Iterator[ArtifactRow]:
        """Yield every artifact in the order of the log, a page at a time, after a leaf."""
        while True:
            with self._catalog.read() as session:
                query = select(ArtifactRow).where(col(ArtifactRow.leaf) > after).order_by(col(ArtifactRow.leaf))
                rows = session.exec(query.limit(PAGE)).all()
            if not rows:
                return
            yield from rows
            after = rows[-1].leaf

    def artifact(self, name: str) -> ArtifactRow:
        """Return the artifact of an id or of a unique beginning of one; raises `ArgumentError` where none is."""
        digits = name.removeprefix("sha256:").lower()
        if not digits or digits.strip("0123456789abcdef"):
            raise ArgumentError(f"{name!r} is no artifact's id", advice="`annexa evidence list` shows them")
        with self._catalog.read() as session:
            key = col(ArtifactRow.id)
            query = select(ArtifactRow).where(key >= f"sha256:{digits}", key < f"sha256:{digits}g").limit(3)
            rows = session.exec(query).all()
        if not rows:
            raise ArgumentError(f"There is no artifact {name}", advice="`annexa evidence list` shows them")
        if len(rows) > 1:
            raise ArgumentError(f"{name} is the beginning of several artifacts", advice="Give more of it")
        return rows[0]

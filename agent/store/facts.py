"""What the planner and the rules ask the catalog: watermarks, attempts, expectations, versions, summaries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from agent.model import Boundary
from agent.store.catalog import Catalog
from agent.store.tables import Attempt, Expectation, SummaryRow, Version, Watermark

Key = tuple[str, str, str]


class Facts:
    """Small questions; each opens a transaction of its own."""

    _catalog: Catalog

    def watermark(self, collector: str, boundary: str, region: str) -> datetime | None:
        """Return how far it has been collected, or None where it never was."""
        with self._catalog.read() as session:
            mark = session.get(Watermark, (collector, boundary, region))
            return mark.at if mark else None

    def watermarks(self) -> dict[Key, datetime]:
        """Return every watermark by (collector, boundary, region)."""
        with self._catalog.read() as session:
            return {(one.collector, one.boundary, one.region): one.at for one in session.exec(select(Watermark))}

    def attempts(self) -> list[Attempt]:
        """Return the newest run of every task key."""
        with self._catalog.read() as session:
            return list(session.exec(select(Attempt)))

    def expect(self, scope: str, boundaries: Iterable[Boundary], at: datetime) -> None:
        """Keep which boundaries and regions of a scope are in force from now on; what has gone ends now."""
        wanted = {(one.id, region): one for one in boundaries for region in ("", *one.regions)}
        with self._catalog.write("keep the expected boundaries") as session:
            rows = session.exec(
                select(Expectation).where(col(Expectation.scope) == scope, col(Expectation.until).is_(None))
            )
            for row in rows:
                boundary = wanted.pop((row.boundary, row.region), None)
                if boundary is None:
                    row.until = max(at, row.since)
                else:
                    row.name, row.organization = boundary.name or row.name, boundary.organization
                session.add(row)
            for (identifier, region), boundary in sorted(wanted.items(), key=lambda pair: pair[0]):
                session.add(Expectation(
                    scope=scope, boundary=identifier, region=region, name=boundary.name,
                    organization=boundary.organization, since=at,
                ))

    def expected(self, scope: str | None = None, as_of: datetime | None = None) -> list[Expectation]:
        """Return what is or was expected; with `as_of` only what was in force then."""
        query = select(Expectation).order_by(col(Expectation.id))
        if scope is not None:
            query = query.where(col(Expectation.scope) == scope)
        if as_of is not None:
            until = col(Expectation.until)
            query = query.where(col(Expectation.since) <= as_of, until.is_(None) | (until > as_of))
        with self._catalog.read() as session:
            return list(session.exec(query))

    def keep_version(self, kind: str, name: str, body: bytes, at: datetime) -> bool:
        """Keep a mapping, SoA or configuration that holds from an instant; False where it is the one in force."""
        digest = hashlib.sha256(body).hexdigest()
        with self._catalog.write("keep a version") as session:
            query = select(Version).where(col(Version.kind) == kind, col(Version.name) == name)
            newest = session.exec(query.order_by(col(Version.holds_from).desc(), col(Version.id).desc())).first()
            if newest is not None and newest.digest == digest:
                return False
            session.add(Version(kind=kind, name=name, digest=digest, body=body, holds_from=at))
            return True

    def versions(self, kind: str, name: str | None = None, as_of: datetime | None = None) -> list[Version]:
        """Return the versions of a kind, the oldest first; with `as_of` those that held by then."""
        query = select(Version).where(col(Version.kind) == kind)
        if name is not None:
            query = query.where(col(Version.name) == name)
        if as_of is not None:
            query = query.where(col(Version.holds_from) <= as_of)
        with self._catalog.read() as session:
            return list(session.exec(query.order_by(col(Version.holds_from), col(Version.id))))

    def summaries(self, qualifies: str, artifacts: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """Return the kept summaries of one hash of `qualifies`, by artifact."""
        query = select(SummaryRow).where(col(SummaryRow.qualifies) == qualifies)
        if artifacts is not None:
            query = query.where(col(SummaryRow.artifact).in_(list(artifacts)))
        with self._catalog.read() as session:
            return {row.artifact: row.body for row in session.exec(query)}

    def put_summaries(self, qualifies: str, bodies: Mapping[str, bytes], session: Session | None = None) -> None:
        """Keep summaries by artifact; within the sequencer's transaction, hand its session over."""
        if session is None:
            with self._catalog.write("keep summaries") as own:
                self.put_summaries(qualifies, bodies, own)
            return
        for artifact, body in bodies.items():
            session.merge(SummaryRow(artifact=artifact, qualifies=qualifies, body=body))

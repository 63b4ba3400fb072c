"""`encryption:` beside the store: whether its keys open, and what lies there in the clear all the same."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import col, func, select

from agent.assembly.app import Parts
from agent.assembly.permissions import Checked
from agent.cipher import ENDING
from agent.errors import AnnexaError
from agent.store import ArtifactRow

CHECK = "encryption"


def doctor(app: Parts) -> Iterator[Checked]:
    """Yield whether every data key opens, a trial is wrapped and opened again, and how many objects are clear."""
    keys = app.store.objects.keys
    if not keys.on:
        if _count(app, encrypted=True):
            yield Checked(
                check=CHECK, state="fail", what="objects are encrypted, and nothing is named that opens them",
                remedy="Set encryption: to what wraps their data keys",
            )
        return
    if keys.new:
        what = f"{app.config.encryption} is not there yet: the next command that writes makes it"
        yield Checked(check=CHECK, state="warn", what=what, remedy="Back it up then, apart from the data directory")
        return
    try:
        count = keys.check()
    except AnnexaError as error:
        yield Checked(check=CHECK, state="fail", what=error.message, remedy=error.advice)
        return
    yield Checked(check=CHECK, state="ok", what=f"{app.config.encryption}: {count} data keys open, and a trial does")
    if clear := _count(app, encrypted=False):
        yield Checked(
            check=CHECK, state="warn", what=f"{clear:,} artifacts were collected before, and lie there in the clear",
            remedy="They are readable as before; annexa retention run deletes them in time",
        )


def _count(app: Parts, *, encrypted: bool) -> int:
    path = col(ArtifactRow.path)
    wanted = path.endswith(ENDING) if encrypted else ~path.endswith(ENDING)
    with app.store.reading() as session:
        query = select(func.count()).select_from(ArtifactRow).where(wanted, col(ArtifactRow.deleted_at).is_(None))
        return session.exec(query).one()

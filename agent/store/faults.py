"""What the disk, the database and the object store raise, as one line for a person."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from agent.errors import StoreError

ADVICE = {
    errno.ENOSPC: "The disk is full: free space or move the store; nothing that was recorded is lost",
    errno.EDQUOT: "The quota is used up: free space or move the store; nothing that was recorded is lost",
    errno.EFBIG: "The file would pass the size limit of this process or disk",
    errno.EROFS: "The disk is mounted read-only: mount it writable",
    errno.EACCES: "Give the user that annexa runs as the right to write there",
    errno.EPERM: "Give the user that annexa runs as the right to write there",
}
LONGEST = 200
DATABASE = (
    ("disk is full", ADVICE[errno.ENOSPC]),
    ("no space left", ADVICE[errno.ENOSPC]),
    ("readonly database", ADVICE[errno.EROFS]),
    ("read-only", ADVICE[errno.EROFS]),
    ("unable to open", "Check that its directory exists and can be written"),
    ("malformed", "The database is damaged: rebuild it with `annexa store rebuild`"),
    ("not a database", "The file is damaged or of something else: rebuild it with `annexa store rebuild`"),
    ("locked", "Another program holds the database: wait, or stop it"),
    ("disk i/o", "The disk fails or is full: look into the system's log"),
    ("connection", "Check that the database runs and can be reached"),
)


@contextmanager
def reaching(what: str) -> Iterator[None]:
    """Raise `StoreError` saying what could not be done for each error of disk, database or object store."""
    try:
        yield
    except OSError as error:
        advice = ADVICE.get(error.errno or 0, "")
        raise StoreError(f"Cannot {what}: {error.strerror or _short(str(error))}", advice=advice) from error
    except DBAPIError as error:
        text = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        raise StoreError(f"Cannot {what}: {text}", advice=_advice(text)) from error
    except (SQLAlchemyError, BaseError) as error:
        raise StoreError(f"Cannot {what}: {_short(str(error))}") from error


def _short(text: str) -> str:
    """Return what a bucket's answer says in one line: its own message, else the beginning."""
    message = re.search(r"<Message>([^<]*)</Message>", text)
    first = message[1] if message else (text.strip().splitlines() or ["no reason given"])[0]
    return first if len(first) <= LONGEST else first[:LONGEST] + "…"


def _advice(text: str) -> str:
    lower = text.lower()
    return next((advice for sign, advice in DATABASE if sign in lower), "")

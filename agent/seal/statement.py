"""The in-toto Statement v1 about one object: its subject is the object's digest, its predicate the provenance."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from agent import canonical
from agent.errors import VerificationError
from agent.model import Call, Lacking, Outcome, Provenance, Receipt, Skip, Window

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:annexa:run:v1"
D = TypeVar("D", Call, Lacking, Receipt, Skip)
NAMES = {cls: frozenset(field.name for field in fields(cls)) for cls in (Call, Lacking, Receipt, Skip)}


@dataclass(frozen=True, slots=True)
class Statement:
    """What a signed payload says: which object (SHA-256 and size of its uncompressed bytes, path), from which run."""

    digest: str
    size: int
    path: str
    provenance: Provenance


def write_statement(statement: Statement) -> bytes:
    """Return the payload that is signed: JSON with sorted keys and no spaces."""
    return canonical.document({
        "_type": TYPE,
        "subject": [{
            "name": statement.path,
            "digest": {"sha256": statement.digest},
            "annotations": {"size": statement.size},
        }],
        "predicateType": PREDICATE_TYPE,
        "predicate": statement.provenance,
    })


def read_statement(payload: bytes) -> Statement:
    """Return what a payload says; raises `VerificationError` where it is not such a statement."""
    try:
        data = canonical.loads(payload)
        if data["_type"] != TYPE or data["predicateType"] != PREDICATE_TYPE:
            raise VerificationError(f"The statement is of the type {data['_type']} / {data['predicateType']}")
        (subject,) = data["subject"]
        return Statement(
            digest=_digest(subject["digest"]["sha256"]),
            size=int(subject["annotations"]["size"]),
            path=str(subject["name"]),
            provenance=_provenance(data["predicate"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VerificationError(f"The statement cannot be read: {error!r}") from error


def _digest(text: str) -> str:
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise ValueError(f"{text!r} is no SHA-256")
    return text


def _provenance(data: dict[str, Any]) -> Provenance:
    return Provenance(**{
        **data,
        "window": _window(data["window"]),
        "lost": _window(data["lost"]),
        "started_at": datetime.fromisoformat(data["started_at"]),
        "finished_at": datetime.fromisoformat(data["finished_at"]),
        "outcome": Outcome(data["outcome"]),
        "calls": _each(Call, data["calls"]),
        "lacking": _each(Lacking, data["lacking"]),
        "skips": _each(Skip, data["skips"]),
        "receipts": _each(Receipt, data["receipts"]),
        "notes": tuple(data["notes"]),
        "limits": tuple(data.get("limits", ())),
    })


def _window(data: dict[str, str] | None) -> Window | None:
    if data is None:
        return None
    return Window(datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"]))


def _each(cls: type[D], items: list[dict[str, Any]]) -> tuple[D, ...]:
    return tuple(cls(**{name: item[name] for name in NAMES[cls] & item.keys()}) for item in items)

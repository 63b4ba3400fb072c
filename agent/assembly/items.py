"""How the steps of sampling name records: by id, or by an id that goes with the data key that its records are under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.assembly.app import Parts
from agent.cipher import DataKey, encrypted, key_of
from agent.errors import LockedError, StoreError
from agent.lake.population import Item
from agent.store.concealed import conceal, reveal


def item(app: Parts, found: Item) -> dict[str, Any]:
    """Return an item as a selection keeps it: its id is concealed where its record is encrypted."""
    key = _key(app, found.artifact)
    return {**asdict(found), **({} if key is None else {"id": None, "concealed": conceal(found.id, key)})}


def named(app: Parts, items: Sequence[Item]) -> dict[str, Any]:
    """Return the items that a person chose as a draw keeps them, `ids` and `concealed` ones."""
    kept = [item(app, one) for one in items]
    ids = list(dict.fromkeys(one["id"] for one in kept if one["id"] is not None))
    concealed = list(dict.fromkeys(one["concealed"] for one in kept if "concealed" in one))
    return {"ids": ids, **({"concealed": concealed} if concealed else {})}


def readable(app: Parts, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an item or a result with its id; None where it went with its key, or the key is not here."""
    if "concealed" not in kept:
        return kept
    keys = app.store.objects.keys
    try:
        return {**kept, "id": reveal(kept["concealed"], keys.opening)}
    except LockedError:
        return kept
    except StoreError:
        if app.store.writes:
            raise
        return kept


def reference(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a result names its item: as the selection does."""
    return {"id": None, "concealed": kept["concealed"]} if "concealed" in kept else {"id": kept["id"]}


def _key(app: Parts, artifact: str) -> DataKey | None:
    path = app.store.artifact(artifact).path
    return app.store.objects.keys.opening(key_of(path)) if encrypted(path) else None

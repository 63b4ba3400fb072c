"""Another key signs from here on: the change is a leaf that the old key still signs, and the old key stays known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlmodel import col, select

from agent.canonical import timestamp
from agent.errors import StoreError
from agent.seal.signing import SSlibKey
from agent.store import acts
from agent.store.erasing import Erasing
from agent.store.keeping import said
from agent.store.keys import NEXT, NEXT_PUBLIC, Keys, open_keys, prepare, private_path, public_pem, switch
from agent.store.publish import Publisher
from agent.store.sequencer import Derive
from agent.store.tables import Pending

log = structlog.get_logger("annexa.store")
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Era:
    """A key and the span of what it signed: from the leaf of its change on, until that of the next one."""

    key: SSlibKey
    since: datetime | None
    until: datetime | None

    def text(self) -> str:
        """Return it as a trust root has it.

        Both keys hold at the instant of the change itself: the clock may stand still between the last leaf
        of the one and the first of the other.
        """
        lines = [f"# key {self.key.keyid}"]
        if self.since is not None:
            lines.append(f"From: {timestamp(self.since)}")
        if self.until is not None:
            lines.append(f"Until: {timestamp(self.until + TICK)}")
        return "\n".join([*lines, public_pem(self.key).decode()])


class Rotation(Erasing):
    """Changes of the signing key."""

    keys: Keys
    signing: str
    data: Path
    _publisher: Publisher | None
    _behind: bool

    def rotate(self, to: str, reason: str, by: str, derive: Derive | None = None) -> SSlibKey:
        """Let another key sign from here on, a new file or that of an address; returns it.

        The new key's leaf is published under a signature of the old one before the new one signs anything.
        """
        said("A key is changed", reason, by)
        self.drain(derive)
        old, new = self.keys.public, prepare(self.data / "keys", to)
        if new.keyid == old.keyid:
            raise StoreError("It is the key that signs already", advice="Name another one with --to")
        last = self.acts("key")[-1:]
        if not last or last[0].subject != new.keyid:
            acts.keep_pending(self.catalog, "change the signing key", {
                "type": "key", "keyid": new.keyid, "public": public_pem(new).decode(), "follows": old.keyid,
                "reason": reason, "by": by,
            })
            self.drain(derive)
        if self._behind:
            raise StoreError(
                "The change is in the log, and the log could not be published yet",
                advice="Run the same command again once the store can be written",
            )
        self._change(to)
        return new

    def cancel_rotation(self) -> None:
        """Drop a change that was cut off before it had its leaf: the old key goes on until somebody asks again."""
        with self.catalog.write("drop an unfinished change of the key") as session:
            for row in session.exec(select(Pending).where(col(Pending.key).startswith("key:"))):
                session.delete(row)
                log.warning("a change of the key was cut off before it was in the log; ask for it again")

    def finish_rotation(self) -> None:
        """Go on with a change that was cut off after its leaf; raises `StoreError` where the new key is not here."""
        last = self.acts("key")[-1:]
        if not last or last[0].subject == self.keys.public.keyid:
            return
        if self._behind:
            raise StoreError(
                "The key is being changed, and the log could not be published yet: nothing may be signed meanwhile",
                advice="Try again once the store can be written",
            )
        folder = self.data / "keys"
        if not (folder / NEXT).exists() or not (folder / NEXT_PUBLIC).exists():
            raise StoreError(
                f"The log says that the key {last[0].subject[:16]} signs, and this is {self.keys.public.keyid[:16]}",
                advice="Set signing: in the configuration to the key that it was changed to",
            )
        self._change("")

    def _change(self, uri: str) -> None:
        folder = self.data / "keys"
        if not uri and private_path(folder, self.signing) is not None:
            uri = self.signing  # a file takes the place of a file
        switch(folder, self.keys.public, uri)
        self.signing = uri
        self.keys = open_keys(folder, sign=True, create=False, uri=uri)
        assert self._publisher is not None
        assert self.keys.signer is not None
        self._publisher.use(self.keys.signer, self.keys.ring)

    def eras(self) -> list[Era]:
        """Return each key with its span, the first one first."""
        known = {key.keyid: key for key in self.keys.ring}
        changes = self.acts("key")
        ids = [*([changes[0].name] if changes else [self.keys.public.keyid]), *(one.subject for one in changes)]
        since = [None, *(one.recorded_at for one in changes)]
        until = [*(one.recorded_at for one in changes), None]
        lost = next((one for one in ids if one not in known), None)
        if lost is not None:
            raise StoreError(f"The public key {lost[:16]} is gone", advice="Bring keys/retired back from the backup")
        return [Era(known[one], first, last) for one, first, last in zip(ids, since, until, strict=True)]

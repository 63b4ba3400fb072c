"""Where the agent keeps what it has: the data directory and the store in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from agent.calendar import add
from agent.config import Config
from agent.errors import ConfigurationError
from agent.lake.instants import nameless
from agent.store import Store


def open_store(config: Config, clock: Callable[[], datetime], *, writer: bool) -> Store:
    """Open the store that the configuration names, in its data directory unless it says otherwise."""
    if writer:
        make_data(config.data)
    return Store.open(
        config.database.reveal() if config.database else f"sqlite:///{config.data / 'annexa.db'}",
        config.artifacts or str(config.data / "artifacts"),
        data=config.data, clock=clock, writer=writer, organization=config.organization,
        mask_keys=config.masking.keys, redaction=config.redact, stamped=bool(config.tsa), write_once=config.write_once,
        signing=_file(config, config.signing), encryption=_file(config, config.encryption), nameless=nameless,
        until=lambda kind, at: _until(config, kind, at),
    )


def _file(config: Config, address: str) -> str:
    """Return the address of a key; a file's is relative to the folder of the configuration."""
    path = address.removeprefix("file:")
    return f"file:{config.folder.absolute() / path}" if path != address else address


def _until(config: Config, kind: str, at: datetime) -> datetime | None:
    """Return until when evidence of a kind is kept, None where that is for ever and no lock is set."""
    kept = config.retention.of(kind)
    return add(at, kept, config.timezone) if kept else None


def make_data(data: Path) -> None:
    """Make the data directory, for its owner alone."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"the data directory {data} cannot be made: {error.strerror}", advice="Set data: to one that can be written"
        ) from error

"""Cosignatures as the configuration asks for them: who is asked, who has not cosigned, what doctor and status say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.errors import ConfigurationError, StoreError, VerificationError

if TYPE_CHECKING:
    from agent.assembly.app import Parts
    from agent.witnesses import Known, Shown


def known(app: Parts) -> list[Known]:
    """Return the configured witnesses; raises `ConfigurationError` where a key is none."""
    if not app.config.witnesses:
        return []
    from agent.seal import read_witness
    from agent.witnesses import Known

    found = []
    for at, one in enumerate(app.config.witnesses):
        try:
            found.append(Known(one.url, read_witness(one.key)))
        except ValueError as error:
            place = app.config.places.get(f"witnesses[{at}].key")
            raise ConfigurationError(f"witnesses: the key of {one.url} is none: {error}", place=place) from error
    return found


def show(app: Parts) -> Shown | None:
    """Show the head of the log to the witnesses; None where none is configured. Who does not cosign is told."""
    witnesses = known(app)
    if not witnesses:
        return None
    from agent.witnesses import Asker

    return Asker(app.store.objects, app.config.data, witnesses, app.clock).run()


def warnings(app: Parts) -> list[str]:
    """Return a line for each witness that has not cosigned the head."""
    witnesses = known(app)
    if not witnesses:
        return []
    from agent.witnesses import waiting

    try:
        return waiting(app.store.objects, app.config.data, witnesses)
    except (StoreError, VerificationError) as error:
        return [f"what the witnesses cosigned cannot be read: {error.message}"]

"""Time stamps as the configuration asks for them: who is asked, what waits, what doctor and status say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from agent.assembly.app import Parts
    from agent.timestamps import Stamped, Waiting


def stamp(app: Parts) -> Stamped | None:
    """Stamp what waits; None where no authority is configured. What fails stays in the queue, and is told."""
    if not app.config.tsa:
        return None
    from agent.timestamps import Stamper

    return Stamper(app.store.objects, app.config.data, app.config.tsa, app.clock, roots(app)).run()


def roots(app: Parts) -> list[Certificate]:
    """Return the configured certificates of the authorities; raises `ConfigurationError` where they cannot be read."""
    file = app.config.tsa_roots
    if file is None:
        return []
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"tsa_roots: {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"tsa_roots: {file} holds no certificates in PEM") from error


def waiting(app: Parts) -> Waiting:
    """Return what waits for a time stamp."""
    from agent.timestamps import waiting as found

    return found(app.store.objects, app.config.data, app.config.tsa)


def warnings(app: Parts) -> list[str]:
    """Return the line that status shows while something waits for its time stamp."""
    try:
        line = waiting(app).line() if app.config.tsa else ""
    except StoreError as error:
        line = f"the queue of time stamps cannot be read: {error.message}"
    return [line] if line else []

"""What can go wrong, named by what we do next.

Retriable: try again later. Partial: keep what came and say what is lacking. Fatal: this run is
over and failed. Verification: do not believe the bytes. Configuration: a person must change a
file or a flag. Store: the place where evidence is kept cannot be used. Each carries one line for
people and, where it can, the advice what to do; none of them ever reaches a person as a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class AnnexaError(Exception):
    """The base of everything that annexa raises on purpose; `exit_status` as design section 9."""

    exit_status = 3

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def line(self) -> str:
        """Return the one line that a person reads: what is wrong and what to do next."""
        return f"{self.message}. {self.advice}" if self.advice else self.message


class RetriableError(AnnexaError):
    """The provider or the network may answer later: throttled, cut, timed out, 5xx."""


class PartialError(AnnexaError):
    """Something is lacking, but what came before it stays and is kept as a partial run."""


class FatalError(AnnexaError):
    """This run cannot go on: no credentials, a role that cannot be assumed, a denied region."""


class VerificationError(AnnexaError):
    """Bytes, a signature or a proof are not what they claim to be."""


class GoneError(VerificationError):
    """Bytes that were sealed are not there at all; the log may say that they were deleted under retention."""


class LockedError(VerificationError):
    """Bytes are encrypted and the key that opens them is not here; nothing says that they were changed."""


class StoreError(AnnexaError):
    """The place where evidence is kept cannot be read or written."""


class ArgumentError(StoreError):
    """What the store was asked for, by name or with a reason, is none that it can do: the argument is wrong."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; line and column count from 1, 0 is unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class ConfigurationError(AnnexaError):
    """A person must change a file, a flag or the environment; names the place where it can."""

    exit_status = 2

    def __init__(self, message: str, *, place: Place | None = None, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.place = place

    def line(self) -> str:
        """Return `file:line:column: what is wrong. What to do.`"""
        text = super().line()
        return f"{self.place}: {text}" if self.place else text


class ConfigurationErrors(ConfigurationError):  # noqa: N818 - the plural says that it holds several
    """Every mistake of a file at once; `errors` are the single ones, `line()` has a line for each."""

    def __init__(self, errors: Iterable[ConfigurationError]) -> None:
        self.errors: tuple[ConfigurationError, ...] = tuple(_flat(errors))
        super().__init__("; ".join(error.message for error in self.errors))

    def line(self) -> str:
        """Return one line for each mistake."""
        return "\n".join(error.line() for error in self.errors)


def _flat(errors: Iterable[ConfigurationError]) -> Iterator[ConfigurationError]:
    for error in errors:
        if isinstance(error, ConfigurationErrors):
            yield from error.errors
        else:
            yield error

"""Many instants in eight bytes each: what a million events leave in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


def instant(microseconds: int) -> datetime:
    """Return the instant so many microseconds after 1970 in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(moment: datetime) -> int:
    """Return how many microseconds after 1970 an aware time is."""
    return (moment - _EPOCH) // _STEP


class Times(Sequence[datetime]):
    """A sequence of aware instants in UTC, kept as microseconds since 1970; equal to any sequence of the same ones."""

    __slots__ = ("microseconds",)

    def __init__(self, microseconds: Iterable[int] = ()) -> None:
        self.microseconds = microseconds if isinstance(microseconds, array) else array("q", microseconds)

    @classmethod
    def of(cls, moments: Sequence[datetime]) -> Times:
        """Return the same instants, kept in little."""
        return moments if isinstance(moments, Times) else cls(map(microseconds, moments))

    def __len__(self) -> int:
        return len(self.microseconds)

    @overload
    def __getitem__(self, index: int) -> datetime: ...

    @overload
    def __getitem__(self, index: slice) -> Times: ...

    def __getitem__(self, index: int | slice) -> datetime | Times:
        if isinstance(index, slice):
            return Times(self.microseconds[index])
        return instant(self.microseconds[index])

    def __iter__(self) -> Iterator[datetime]:
        return map(instant, self.microseconds)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Times):
            return self.microseconds == other.microseconds
        if isinstance(other, Sequence) and not isinstance(other, str | bytes):
            return len(self) == len(other) and all(one == theirs for one, theirs in zip(self, other, strict=True))
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Times({list(self)!r})" if len(self) <= 4 else f"Times({len(self)} from {self[0]} to {self[-1]})"

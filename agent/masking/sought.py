"""The texts that one record must lose: found whole and within others, in any case, in addresses and in nested JSON."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from typing import Any

from agent import canonical
from agent.masking.rules import CACHED

DROP, MASK, HASH = "drop", "mask", "hash"
MARK = "[redacted]"
HASHED = "hmac:"
"""What begins a hashed value; 32 hexadecimal digits of the HMAC-SHA-256 follow."""
SHORT = 4
"""Characters below which a text is sought as a word of its own, so that `al` does not go from `final`."""
DEPTH = 100
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Sought:
    """The texts that one record must lose, each with the action that says what stands for it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._texts: dict[str, str] = {}
        self._shapeless = False
        self.found: set[str] = set()

    def take(self, value: Any, action: str) -> Any:
        """Return what stands in the column for its value, and seek the texts of it from now on."""
        if isinstance(value, str):
            self._texts[value] = action
            return self._instead(value, action)
        if isinstance(value, (list, dict)) and all(isinstance(item, str) for item in _items(value)):
            self._shapeless |= action == DROP and isinstance(value, dict)  # its keys go too, and are not sought
            self._texts |= dict.fromkeys(filter(None, _items(value)), action)
            if action == DROP:
                return None
            if isinstance(value, dict):
                return {name: self._instead(item, action) for name, item in value.items()}
            return [self._instead(item, action) for item in value]
        self._shapeless = True
        return None

    def complete(self) -> bool:
        """Return whether every value was found as text since `found` was emptied."""
        return not self._shapeless and self.found >= self._texts.keys()

    def walk(self, value: Any, depth: int) -> Any:
        """Return a value without the texts, in its keys as well; what nests too deeply is taken away."""
        if isinstance(value, (dict, list)) and depth > DEPTH:
            return MARK
        if isinstance(value, dict):
            return {self.text(key, unique=True): self.walk(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.walk(item, depth + 1) for item in value]
        if isinstance(value, str):
            return self._inside(value, depth)
        if value is None or isinstance(value, bool):
            return value
        said = str(value)  # a number: an account's, say, which is text in the column
        if said not in self._texts:
            return value
        self._find(said)
        return self._instead(said, self._texts[said])

    def _inside(self, value: str, depth: int) -> Any:
        """Return a text without the texts, also where it is JSON, which writes some of them otherwise."""
        if value[:1] in {"{", "["}:
            try:
                data = canonical.loads(value)
            except ValueError:
                return self.text(value)
            clean = self.walk(data, depth + 1)
            value = canonical.line(clean)[:-1].decode() if clean != data else value
        return self.text(value)

    def text(self, value: str, *, unique: bool = False) -> Any:
        """Return a text without the texts, None where a dropped one is all of it; `unique`: each is hashed."""
        lowered = value.lower()
        for text in sorted(self._texts, key=len, reverse=True):
            for form in _forms(text):
                if form.lower() in lowered:
                    value, lowered = self._without(value, text, form, HASH if unique else self._texts[text])
        return value

    def _without(self, value: str, text: str, form: str, action: str) -> tuple[Any, str]:
        if value.lower() == form.lower():
            self._find(text)
            return self._instead(text, action), ""
        put = MARK if action == DROP else str(self._instead(text, action))
        clean, times = _pattern(form).subn(lambda _: put, value)
        if not times and len(form) >= SHORT:  # lower case is not one to one everywhere: then all of it goes
            clean, times = put, 1
        if times:
            self._find(text)
        return clean, clean.lower()

    def _find(self, text: str) -> None:
        """Write down a text as found, and those that are part of it."""
        self.found |= {one for one in self._texts if one.lower() in text.lower()}

    def _instead(self, text: str, action: str) -> str | None:
        if action == HASH:
            return HASHED + hmac.digest(self._key, text.encode(), "sha256").hex()[:32]
        return MARK if action == MASK else None


def _items(value: list[Any] | dict[str, Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


@lru_cache(maxsize=CACHED)
def _forms(text: str) -> tuple[str, ...]:
    """Return a text as it is, and as it stands in an address."""
    quoted = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())
    return (text,) if quoted == text else (text, quoted)


@lru_cache(maxsize=CACHED)
def _pattern(form: str) -> re.Pattern[str]:
    word = re.escape(form)
    return re.compile(rf"(?<!\w){word}(?!\w)" if len(form) < SHORT else word, re.IGNORECASE)

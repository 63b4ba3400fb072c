"""The reference of every key of the configuration file, written from the declarations that read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.config import shape
from agent.config.model import Config
from agent.config.scopes import PROVIDERS, Scope


def reference() -> str:
    """Return the reference as Markdown: a table for the file and one for each part."""
    return "\n".join(_tables(Config, "The file", "", set())).rstrip() + "\n"


def _tables(part: type[Any], title: str, path: str, told: set[type[Any]]) -> Iterator[str]:
    """Yield the lines of a part, then those of the parts in it; each part is told once."""
    told.add(part)
    yield f"### {title}\n"
    yield f"{(part.__doc__ or '').strip().splitlines()[0]}\n"
    yield "| key | must be | default | meaning |"
    yield "| --- | --- | --- | --- |"
    if part in PROVIDERS.values():
        yield f"| `provider` | `{part.PROVIDER}` | **required** | The provider. |"
    below: list[tuple[type[Any], str, str]] = []
    for item in shape.keys(part).values():
        yield _row(item)
        inner = item.kind.shape
        where = f"{path}{item.name}{'[]' if item.kind.words.startswith('a list') else ''}"
        if inner is Scope:
            below += [(of, f"`{where}` with `provider: {name}`", f"{where}.") for name, of in PROVIDERS.items()]
        elif inner is not None:
            below.append((inner, f"`{where}`", f"{where}."))
    yield ""
    for of, heading, where in below:
        if of not in told:
            yield from _tables(of, heading, where, told)


def _row(item: shape.Key) -> str:
    default = "**required**" if item.required else (item.shown and f"`{item.shown}`")
    words = item.kind.words.replace("|", "\\|")
    return f"| `{item.name}` | {words} | {default} | {item.doc} |"

"""The generated parts of the docs: `python docs/generate.py` writes them, `--check` only compares.

Pages: controls, coverage, kinds, configuration, command line, collectors. Run it after a change of any of these.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.cli import reference as commands
from agent.collector import Header
from agent.config.reference import reference
from agent.mapping import Mapping, load_mapping
from agent.mapping.coverage_table import coverage_page
from agent.mapping.table import controls_page, kinds_table
from agent.registry import Registry

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def pages() -> dict[Path, str]:
    """Return every generated page with the text that it should have."""
    mapping = load_mapping()
    return {
        DOCS / "controls.md": controls_page(mapping),
        DOCS / "coverage.md": coverage_page(mapping),
        DOCS / "mappings.md": _filled(DOCS / "mappings.md", {"kinds": f"\n{kinds_table()}\n"}),
        DOCS / "configuration.md": _filled(
            DOCS / "configuration.md", {"example": _example(), "reference": reference()}
        ),
        DOCS / "cli.md": commands.page(),
        DOCS / "collectors.md": "\n".join(_collectors(Registry.load().headers(), mapping)),
    }


def _example() -> str:
    return f"```yaml\n{(ROOT / 'config' / 'annexa.yaml').read_text('utf-8')}```\n"


def _filled(page: Path, parts: dict[str, str]) -> str:
    """Return a page with what stands between `<!-- begin NAME -->` and `<!-- end -->` made anew."""

    def put(found: re.Match[str]) -> str:
        return f"{found[1]}\n{parts[found[2]]}{found[3]}"

    return re.sub(r"(<!-- begin (\w+) -->)\n.*?(<!-- end -->)", put, page.read_text("utf-8"), flags=re.DOTALL)


def _collectors(headers: tuple[Header, ...], mapping: Mapping) -> Iterator[str]:
    serves: dict[str, list[str]] = {}
    for requirement in mapping.requirements.values():
        for collector in requirement.collectors:
            serves.setdefault(collector, []).extend((*requirement.primary, *requirement.supporting))
    yield "# Collectors"
    yield ""
    yield (
        f"Generated from the headers in `collectors/` by `python docs/generate.py`; a test checks that it is current. "
        f"{len(headers)} collectors. What is read, by which calls, with which permissions, and what cannot be seen."
    )
    for header in headers:
        yield from _collector(header, serves.get(header.id, []))


def _collector(header: Header, controls: list[str]) -> Iterator[str]:
    once = {
        "region": "once in each region", "boundary": "once", "organization": "in the organization's own account",
        "member": "once in each member, not in the organization above them",
    }
    yield ""
    yield f"## {header.id}"
    yield ""
    yield f"{header.title}. {header.population}"
    yield ""
    yield f"- Kind `{header.kind}`, read {once[header.per]}, every {header.cadence} unless configured otherwise."
    if header.opt_in:
        yield f"- Opt-in: it runs only for scopes that name it, `collectors: {{also: [{header.id}]}}`."
    if header.windows is not None:
        behind = int(header.windows.settle.total_seconds() // 60)
        yield f"- By windows that tile exactly, {behind} minutes behind now, back to {header.windows.reach.days} days."
    if header.keeps:
        yield f"- The source keeps it for {header.keeps}."
    if controls:
        ordered = sorted(set(controls), key=lambda one: [int(part) for part in one.split(".")])
        yield f"- Serves {', '.join(ordered)}."
    yield f"- Permissions: {', '.join(f'`{one}`' for one in header.permissions)}."
    for limit in header.limits:
        yield f"- {limit}"


def main(argv: list[str]) -> int:
    """Write the pages, or say which are not current."""
    stale = [page for page, text in pages().items() if not page.exists() or page.read_text("utf-8") != text]
    if "--check" in argv:
        for page in stale:
            print(f"{page.relative_to(ROOT)} is not current: python docs/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for page, text in pages().items():
        page.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`index.html`: the package as a page that opens from disk, without scripts and without anything from outside."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any, TypeAlias

from agent.canonical import timestamp
from agent.evidence.report import ControlStatus, Holding
from agent.evidence.why import unowed
from agent.export.contents import Contents, Sample
from agent.export.texts import text
from agent.lake.output import cell
from agent.verify import layout

RUNS = 12
"""As many of the newest runs of each place are listed; all of them are in the workbook."""
ROWS = 20
"""As many exceptions of a check are shown."""
_MOMENT = timedelta(microseconds=1)
"""A period ends before its end: its last day is the one before."""
_ITEM = ("Item", "Id", "Scope", "Artifact", "Line", "Result", "Note")
_GOOD = frozenset({"fresh", "complete", "no_exceptions", "covered", "succeeded", "accepted", "pass"})
_BAD = frozenset({"stale", "missing", "gap", "deficient", "failed", "not_accepted", "deviation"})


def page(contents: Contents, facts: Iterable[Mapping[str, Any]], counts: Mapping[str, int]) -> Iterator[bytes]:
    """Yield the page in pieces; a requirement is a section of its own, to which its controls point."""
    status = contents.status
    title = f"Audit package: {contents.organization}, {status.audit.name if status.audit else ''}"
    yield _b(
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<style>\n{text('page.css')}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#controls">To the controls</a>\n<header>\n<h1>{escape(title)}</h1>\n'
    )
    yield _b(_head(contents, counts))
    yield _b("</header>\n<main>\n")
    told = _controls(status.controls), _requirements(contents.holdings())
    for part in (*told, _evidence(facts), _samples(contents.samples)):
        for piece in part:
            yield _b(piece)
    yield _b("</main>\n</body>\n</html>\n")


def _b(piece: str) -> bytes:
    return piece.encode("utf-8", "replace")


def _head(contents: Contents, counts: Mapping[str, int]) -> str:
    status, audit, zone = contents.status, contents.status.audit, contents.zone
    about = [
        ("Audit", f"{audit.kind}, {_days(audit.starts, audit.end, zone)}" if audit else ""),
        ("Audit period", _days(audit.period.start, audit.period.end, zone) if audit else ""),
        ("Framework", status.framework), ("State as of", _time(status.as_of)),
        ("Log", f"{contents.head.origin}, {contents.head.size:,} leaves, root {contents.head.root.hex()}"),
        ("Runs in this package", f"{counts['runs']:,} with {counts['records']:,} records"),
    ]
    links = [
        (layout.README, "how to verify everything here, in plain commands"),
        (layout.WORKBOOK, "the same as a workbook, with empty columns for your results"),
        (layout.EVIDENCE, "every run, one JSON a line"), (layout.STATUS, "the answers below, as JSON"),
        (layout.ACCESS, "what people did: an entry of the log a line"),
    ]
    terms = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n" for name, value in about)
    listed = "".join(f'<li><a href="{name}">{name}</a>: {escape(said)}</li>\n' for name, said in links)
    return (
        f"<dl>\n{terms}</dl>\n<p>This page tells what annexa concluded. It is not sealed itself: what it says rests on "
        f"the records, envelopes and proofs in this folder, which you can verify.</p>\n<ul>\n{listed}</ul>\n"
    )


def _controls(controls: Sequence[ControlStatus]) -> Iterator[str]:
    yield from _opened("controls", "Controls", "Each control by the worst of its primary requirements", (
        "Control", "Title", "Freshness", "Coverage", "Conclusion", "Requirements"))
    for one in controls:
        owed = dict.fromkeys(holding.requirement.id for holding in (*one.primary, *one.supporting))
        links = ", ".join(f'<a href="#r-{escape(name)}">{escape(name)}</a>' for name in owed)
        none = "not applicable" if one.not_applicable else "nothing is assigned"
        states = [_state(one.freshness or none), _covered(one.coverage, one.primary), _state(one.conclusion)]
        head = f'<th scope="row" id="c-{escape(one.id)}">{escape(one.id)}</th>'
        yield _row([head, escape(one.title), *states, links])
    yield "</tbody>\n</table>\n</section>\n"


def _covered(state: str | None, holdings: Sequence[Holding]) -> str:
    """Return coverage, or why it says nothing: what owed no period is not called complete."""
    return _state((unowed(holdings) or state) if state else None)


def _requirements(holdings: Sequence[Holding]) -> Iterator[str]:
    yield '<section>\n<h2 id="requirements">Requirements</h2>\n'
    before = ""
    for one in holdings:
        found = one.requirement
        if found.id != before:
            serves = [*(f"control {name}" for name in (*found.primary, *found.supporting)),
                      *(f"clause {name}" for name in found.clauses)]
            yield (f'<h3 id="r-{escape(found.id)}">{escape(found.title)} <small>{escape(found.id)}: '
                   f"{escape(', '.join(serves))}</small></h3>\n")
        before = found.id
        yield from _holding(one)
    yield "</section>\n"


def _holding(one: Holding) -> Iterator[str]:
    where = ", ".join(dict.fromkeys(part for part in (one.scope, one.boundary, one.boundary_name) if part))
    fresh, told = one.freshness, one.conclusion
    facts = [
        ("Freshness", f"{_state(fresh.state)} {escape(fresh.reason)}"), ("Evidence of", _time(fresh.evidence_time)),
        ("Stale at", _time(fresh.stale_at)), ("Artifact", _artifact(fresh.artifact)),
        ("Coverage", _covered(one.coverage.state, [one])),
        ("Conclusion", f"{_state(told.state)} {escape(told.reason)}"),
    ]
    yield f"<h4>{escape(where)}</h4>\n<dl>\n"
    yield "".join(f"<dt>{name}</dt><dd>{said}</dd>\n" for name, said in facts if said.strip())
    yield "</dl>\n"
    if one.coverage.periods:
        yield '<table class="narrow"><caption>Periods</caption>\n<thead><tr>'
        yield '<th scope="col">From</th><th scope="col">To</th><th scope="col">State</th></tr></thead>\n<tbody>\n'
        yield from (_row([_time(each.start), _time(each.end), _state(each.state)]) for each in one.coverage.periods)
        yield "</tbody></table>\n"
    for check in told.checks:
        said = check.reason or f"{check.count:,} exceptions in {check.records:,} records"
        yield f"<p>Check {escape(check.title or check.check)}: {_state(check.state)} {escape(said)}</p>\n"
        if check.exceptions:
            yield "<ul>\n" + "".join(f"<li>{_fields(row)}</li>\n" for row in check.exceptions[:ROWS]) + "</ul>\n"
        if check.count > ROWS:
            yield f"<p>{check.count - ROWS:,} more in {layout.WORKBOOK}, sheet checks.</p>\n"


def _fields(row: Mapping[str, Any]) -> str:
    return escape(", ".join(f"{name}: {cell(value)}" for name, value in row.items() if value not in (None, "")))


Place: TypeAlias = tuple[str, str, str, str]


def _evidence(facts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    newest: dict[Place, deque[Mapping[str, Any]]] = defaultdict(lambda: deque(maxlen=RUNS))
    counted: dict[Place, int] = defaultdict(int)
    for fact in facts:
        place = (fact["collector"], fact["scope"], fact["boundary"], fact["region"])
        newest[place].append(fact)
        counted[place] += 1
    yield from _opened("evidence", "Evidence", f"The newest {RUNS} runs of each place; all are in {layout.WORKBOOK}", (
        "Collector and place", "Collected at", "Outcome", "Records", "Anchored at", "Files"))
    for place in sorted(newest):
        name = escape(", ".join(dict.fromkeys(part for part in place if part)))
        head = f'<th scope="row">{name} <small>({counted[place]:,} runs)</small></th>'
        yield from (_row([head, *_run(fact)]) for fact in reversed(newest[place]))
    yield "</tbody>\n</table>\n</section>\n"


def _run(fact: Mapping[str, Any]) -> list[str]:
    kind, digest = fact["kind"], fact["object"]
    records = [(layout.table_file(kind, digest), "CSV"), (layout.records_file(kind, digest), "NDJSON")]
    files = [*([] if fact["erased"] else records), (layout.envelope_file(fact["artifact"]), "envelope"),
             (layout.entry_file(fact["leaf"]), "entry"), (layout.proof_file(fact["leaf"]), "proof")]
    said = f"{fact['error']} voided: {fact['void_reason']}".strip() if fact["voided_at"] else fact["error"]
    if erased := fact["erased"]:
        said = f"{said} records erased on {erased['at']} by {erased['by']}: {erased['reason']}".strip()
    return [
        _said(fact["collected_at"]), f"{_state(fact['outcome'])} {escape(said)}", f"{fact['records']:,}",
        _said(fact["anchored_at"]) or "not anchored",
        " ".join(f'<a href="{file}">{name}</a>' for file, name in files),
    ]


def _samples(samples: Sequence[Sample]) -> Iterator[str]:
    yield '<section>\n<h2 id="samples">Samples</h2>\n'
    if not samples:
        yield "<p>No sample is in this package.</p>\n"
    for one in samples:
        yield from _sample(one)
    yield "</section>\n"


def _sample(one: Sample) -> Iterator[str]:
    drawn, of, told = one.drawn, one.drawn["population"], one.evaluation
    yield f'<h3 id="s-{escape(one.name)}">{escape(one.name)}</h3>\n<dl>\n'
    where = f", where {of['where']}" if of["where"] else ""
    period = f"{of['period']['from']} to {of['period']['to']}"
    facts = [
        ("Population", f"{of['name']}: {of['size']:,} records of {of['requirement']}, {period}{where}"),
        ("Root", of["root"]), ("Completeness", _complete(of["completeness"])),
        ("Drawn", f"{drawn['method']}, seed {drawn['seed']!r}, {drawn['size']:,} items, by {drawn['drawn_by']}"),
        ("Draws on this population", ", ".join(f"{each['name']} (seed {each['seed']!r})" for each in one.draws)),
        ("Conclusion", f"{told['conclusion'].replace('_', ' ')}: {told['reason']}"),
    ]
    yield "".join(f"<dt>{name}</dt><dd>{escape(said)}</dd>\n" for name, said in facts)
    folder = f"{layout.SAMPLES}/{one.name}"
    yield (f'</dl>\n<p>Items to fill in: <a href="{folder}/items.csv">{folder}/items.csv</a>. To repeat the draw: '
           f'<a href="{layout.REPEAT}">{layout.REPEAT}</a>, as {layout.README} says.</p>\n')
    yield "<table><caption>Items</caption>\n<thead><tr>"
    yield "".join(f'<th scope="col">{name}</th>' for name in _ITEM)
    yield "</tr></thead>\n<tbody>\n"
    for item in one.contents:
        yield _row([f'<th scope="row">{item["number"]}</th>', escape(item["id"]), escape(item["scope"]),
                    _artifact(item["artifact"]), str(item["line"]), _state(item["result"] or "open"),
                    escape(item["note"] or "")])
    yield "</tbody></table>\n"


def _complete(told: Mapping[str, Any]) -> str:
    if told["complete"]:
        return f"complete: {told['accepted_runs']:,} runs"
    parts = [("runs not accepted", told["not_accepted"]), ("places never read", told["never_read"]),
             ("spans without evidence", told["missing"])]
    return "not complete: " + ", ".join(f"{len(found):,} {name}" for name, found in parts if found)


def _opened(name: str, title: str, caption: str, columns: Sequence[str]) -> Iterator[str]:
    yield f'<section>\n<h2 id="{name}">{title}</h2>\n<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>'
    yield "".join(f'<th scope="col">{column}</th>' for column in columns)
    yield "</tr></thead>\n<tbody>\n"


def _row(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(one if one.startswith("<th") else f"<td>{one}</td>" for one in cells) + "</tr>\n"


def _state(state: object) -> str:
    if not state:
        return ""
    level = "good" if state in _GOOD else "bad" if state in _BAD else "other"
    return f'<span class="{level}">{escape(str(state).replace("_", " "))}</span>'


def _artifact(artifact: str) -> str:
    short = layout.hexadecimal(artifact)[:16]
    return f'<a href="{layout.envelope_file(artifact)}"><code>{short}</code></a>' if artifact else ""


def _time(moment: datetime | None) -> str:
    return timestamp(moment.replace(microsecond=0)) if moment else ""


def _said(moment: str | None) -> str:
    return _time(datetime.fromisoformat(moment)) if moment else ""


def _days(start: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = (moment.astimezone(zone).date() for moment in (start, end - _MOMENT))
    return f"{first} to {last}"

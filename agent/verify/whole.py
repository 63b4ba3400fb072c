"""A whole store verified in one pass over its log, objects hashed on every core."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from agent.errors import GoneError, LockedError, StoreError, VerificationError
from agent.seal import ArtifactEntry, Checkpoint, Entry, Statement
from agent.store.artifact import envelope_path
from agent.store.catalog import Catalog
from agent.store.logfiles import CHECKPOINT
from agent.store.objects import Objects
from agent.verify.anchors import Anchors, Recorded
from agent.verify.cosigned import PROVES as WITNESSED
from agent.verify.cosigned import Cosigned, cosigned
from agent.verify.done import PROVES as KEPT
from agent.verify.done import Done
from agent.verify.log import Walk, wanted
from agent.verify.report import Report, Step
from agent.verify.rows import Rows
from agent.verify.sampling import PROVES as SAMPLING
from agent.verify.sampling import Steps
from agent.verify.sealed import ObjectCheck, check_envelope, clock
from agent.verify.stamps import Stamped, early, stamped
from agent.verify.trust import Trust, TrustedKey
from agent.verify.unknown import PROVES as UNDERSTOOD
from agent.verify.unknown import Unknown

Progress = Callable[[int, int], None]
Result = tuple[Statement | None, str, str, bool]
"""What an artifact's envelope says, why the envelope is refused, why the object is, and whether it may be.

It may be gone, or encrypted by a key that is not here, where a later entry says so.
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that somebody kept outside the store: the file's name and its bytes."""

    name: str
    note: bytes


@dataclass(slots=True)
class Store:
    """The store that is judged; without a catalog its rows are not asked."""

    objects: Objects
    catalog: Catalog | None = None
    pending: frozenset[str] = field(default_factory=frozenset)


def verify_store(
    subject: str, store: Store, trust: Trust, kept: Kept | None = None, *, progress: Progress = lambda _done, _all: None
) -> Report:
    """Return what a verification of a whole store found; it raises nothing that the store can cause."""
    report = begin(subject, trust)
    head = open_head(report, store.objects, trust)
    if head is None:
        return report
    checkpoint, key = head
    stamps = report.step("time stamps", "an authority outside saw each stamped checkpoint at the stamped instant")
    held = stamped(store.objects, trust, checkpoint.origin, stamps)
    witnesses = report.step("cosignatures", WITNESSED)
    seen = cosigned(store.objects, trust, checkpoint.origin, witnesses)
    mine = kept_step(report, kept, trust, checkpoint.origin)
    log = report.step("log", "the entries, in this order and no others, are what the checkpoint's root was signed for")
    times = report.step("clock", "no clock stood behind the log, and no run or stamp contradicts when it was recorded")
    walk = Walk(store.objects, checkpoint, log, times,
                wanted([checkpoint, *(one.checkpoint for one in held), *(one.checkpoint for one in seen),
                        *([mine] if mine else [])]))
    recorded = _artifacts(report, store, trust, walk, progress)
    if mine is not None and not walk.compare(mine, report.named("kept checkpoint"), f"the kept checkpoint {kept.name}"
                                             if kept else ""):
        mine = None
    held = [one for one in held if walk.compare(one.checkpoint, stamps, f"the stamped checkpoint of {one.at}")]
    seen = [one for one in seen if walk.compare(
        one.checkpoint, witnesses, f"the checkpoint that {one.witness} cosigned at {one.at}")]
    _times(walk, [*held, *seen], key)
    log.says = log.says or f"{checkpoint.size:,} entries of {checkpoint.origin}"
    report.anchors = Anchors(recorded, held, seen, mine)
    return report


def begin(subject: str, trust: Trust) -> Report:
    """Return a report whose first step names the trust root."""
    report = Report(subject, trust.line())
    report.step("trust root", "whose signatures are believed: the keys of a file outside what is judged").says = (
        trust.line()
    )
    return report


def open_head(report: Report, objects: Objects, trust: Trust) -> tuple[Checkpoint, TrustedKey] | None:
    """Return the store's signed head, None where it is refused."""
    step = report.step("checkpoint", "the head of the log was signed by a key of the trust root")
    with step.trying():
        if objects.size(CHECKPOINT) is None:
            raise VerificationError("there is no checkpoint: nothing in this store is in a signed log")
        report.checkpoint = objects.get(CHECKPOINT)
        found = trust.open_note(report.checkpoint)
        step.says = f"{found[0].origin}, {found[0].size:,} leaves"
        return found
    return None


def kept_step(report: Report, kept: Kept | None, trust: Trust, origin: str) -> Checkpoint | None:
    """Return the checkpoint that was kept; whether the log continues it is judged later."""
    step = report.step("kept checkpoint", "nothing that was in the log when you kept it was changed, dropped or moved")
    if kept is None:
        step.open("no checkpoint was named with --checkpoint: a log that was rolled back whole cannot be seen")
        return None
    with step.trying(kept.name):
        found, _key = trust.open_note(kept.note, origin)
        step.says = f"{kept.name}, {found.size:,} leaves"
        return found
    return None


def _times(walk: Walk, held: Sequence[Stamped | Cosigned], key: TrustedKey) -> None:
    for one in held:
        size = one.checkpoint.size
        if size and (odd := early(walk.times[size], size - 1, one)):
            walk.clock.refuse(odd)
    if walk.last is not None and not key.covers(walk.last):
        walk.log.refuse("the checkpoint is signed by a key that was not trusted when its last leaf was recorded")


def _artifacts(report: Report, store: Store, trust: Trust, walk: Walk, progress: Progress) -> Recorded:
    envelopes = report.step("envelopes", "what is said of each artifact was signed, unchanged, by a key trusted then")
    objects = report.step("objects", "each artifact holds exactly the bytes that were sealed")
    done = Done(store.objects, report.step("retention", KEPT), waiting=bool(store.pending))
    access = report.step("access log", "each batch of the access log in the store is the one in the signed log")
    catalog = report.step("catalog", "the rows say what was sealed, none is missing and none was added")
    sampled = Steps(store.objects, store.catalog, report.step("sampling", SAMPLING))
    unknown = Unknown(report.step("entry types", UNDERSTOOD))
    unlogged = report.step("nothing beside", "no envelope lies in the store that the log does not have")
    rows = Rows(store.catalog, store.objects, catalog) if store.catalog else None
    hashed = ObjectCheck(store.objects)
    workers = os.cpu_count() or 1

    def judge(entry: Entry) -> Result:
        return _judge(entry, store.objects, trust, hashed)

    recorded = Recorded()
    with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
        for bundle, judged in _ahead(walk.bundles(), lambda bundle: _shared(pool, workers, judge, bundle)):
            statements: dict[int, Statement] = {}
            for entry, (statement, wrong, broken, gone) in zip(bundle, judged, strict=True):
                done.entry(entry, access)
                if not isinstance(entry, ArtifactEntry):
                    continue
                if statement is not None:
                    done.artifact(entry, statement, broken if gone else "")
                recorded.add(entry)
                _found(entry, statement, wrong, "" if gone else broken, (envelopes, objects, walk.clock))
                if statement is not None:
                    statements[entry.index] = statement
            if rows is not None:
                rows.bundle(bundle, statements)
            sampled.bundle(bundle)
            unknown.bundle(bundle)
            progress(len(recorded), walk.head.size)
    report.told = done.end(objects)
    rows.end() if rows is not None else catalog.open("there is no catalog beside these objects")
    sampled.end()
    unknown.end()
    envelopes.says = f"{len(recorded):,} artifacts"
    objects.says = f"{hashed.bytes:,} bytes hashed"
    _unlogged(store, recorded, unlogged)
    return recorded


def _shared(
    pool: ThreadPoolExecutor, workers: int, judge: Callable[[Entry], Result], bundle: list[Entry]
) -> Iterator[Result]:
    """Begin to judge a bundle and return an iterator over what is found, which waits.

    Each thread takes the next entry until none is left: to wake the reader after each costs as much as to judge it.
    """
    left, found = iter(enumerate(bundle)), dict[int, Result]()

    def work() -> None:
        for at, entry in left:
            found[at] = judge(entry)

    begun = [pool.submit(work) for _ in range(workers)]

    def results() -> Iterator[Result]:
        for one in begun:
            one.result()
        yield from (found[at] for at in range(len(bundle)))

    return results()


def _ahead(
    bundles: Iterable[list[Entry]], begin: Callable[[list[Entry]], Iterator[Result]]
) -> Iterator[tuple[list[Entry], Iterator[Result]]]:
    """Yield each bundle with what is judged of it, while the next one is judged already: no core waits."""
    waiting: deque[tuple[list[Entry], Iterator[Result]]] = deque()
    for bundle in bundles:
        waiting.append((bundle, begin(bundle)))
        if len(waiting) > 1:
            yield waiting.popleft()
    yield from waiting


def _found(
    entry: ArtifactEntry, statement: Statement | None, wrong: str, broken: str, steps: tuple[Step, Step, Step]
) -> None:
    envelopes, objects, times = steps
    if wrong:
        envelopes.refuse(f"{entry.artifact}: {wrong}")
    if broken:
        objects.refuse(f"{entry.artifact}: {broken}")
    if statement is not None and (odd := clock(entry, statement)):
        times.refuse(odd)


def _judge(entry: Entry, objects: Objects, trust: Trust, hashed: ObjectCheck) -> Result:
    if not isinstance(entry, ArtifactEntry):
        return None, "", "", False
    try:
        statement = check_envelope(entry, objects.get(envelope_path(entry.artifact)), trust)
    except (VerificationError, StoreError) as error:
        return None, error.message, "cannot be judged without its envelope", False
    try:
        hashed.check(statement)
    except (VerificationError, StoreError) as error:
        return statement, "", error.line(), isinstance(error, (GoneError, LockedError))
    return statement, "", "", False


def _unlogged(store: Store, recorded: Recorded, step: Step) -> None:
    waiting = 0
    with step.trying():
        for path in store.objects.list("envelopes/"):
            artifact = "sha256:" + path.rpartition("/")[2].removesuffix(".json")
            if artifact in store.pending:
                waiting += 1
            elif not recorded.has(artifact):
                step.refuse(f"{artifact}: sealed, but not in the signed log")
    step.says = f"{waiting:,} sealed run(s) wait for the log and are not verified" if waiting else "nothing"

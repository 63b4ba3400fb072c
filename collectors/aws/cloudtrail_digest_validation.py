"""CloudTrail's log files against its signed digests: whether any was changed, taken away or moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent
from collectors.aws import _digests
from collectors.aws._digest_files import HOUR, Shelf
from collectors.aws._digests import Digest, Link, Place

NOT_THERE = {"NoSuchKey": "the file is not there"}
THEIRS = {"TrailNotFoundException": "the trail belongs to another account, which alone sees its status"}
HEADER = Header(
    id="aws.cloudtrail_digest_validation",
    title="Validation of CloudTrail's log files",
    kind="log_event",
    population="Every digest file whose hour ended in the window, of every trail that applies to the account in this "
    "region, and every log file that such a digest names, each with its verdict.",
    provider="aws",
    per="region",
    calls=(
        Api("cloudtrail.describe_trails", ("cloudtrail:DescribeTrails",)),
        Api("cloudtrail.get_trail_status", ("cloudtrail:GetTrailStatus",), answers=THEIRS),
        Api("cloudtrail.list_public_keys", ("cloudtrail:ListPublicKeys",)),
        Api("organizations.describe_organization", ("organizations:DescribeOrganization",)),
        Api("s3.get_bucket_location", ("s3:GetBucketLocation",)),
        Api("s3.list_objects_v2", ("s3:ListBucket",)),
        Api("s3.get_object", ("s3:GetObject",), answers=NOT_THERE),
    ),
    windows=Windows(settle=timedelta(hours=4), longest=timedelta(days=3), reach=timedelta(days=90)),
    limits=(
        "Log files of a digest that is missing, moved or not signed by AWS are not validated: nobody vouches for them.",
        "Of several digests that are missing in a row only the last is named by the digest after it.",
        "A backfill digest is seen only if it was there when its window was read.",
        "Files under a KMS key need kms:Decrypt on that key, which the generated policy does not ask for.",
        "`occurred_at` is the end of the hour that the digest covers, also for log files.",
    ),
)


@dataclass(frozen=True, slots=True)
class Chain:
    """What was found of one chain in the window: digests with their own verdicts, and what later ones say of them."""

    digests: tuple[tuple[Digest, str], ...]
    testimony: Mapping[Place, Link]
    cut: bool = False
    """Whether the trail goes on, and nothing comes after the window."""


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one event per digest and per log file, trail by trail."""
    trails = run.client.population("cloudtrail.describe_trails", key="trailList", includeShadowTrails=True)
    for trail, (shelf, chains) in run.client.each(trails, lambda trail: _chains(run, trail), width=2):
        silent = True
        for chain in chains:
            for record in _records(run, shelf, chain):
                silent = False
                yield record
        if silent:
            off = "" if trail.get("LogFileValidationEnabled") else ": log file validation is off"
            run.skip(f"a trail without a digest in the window{off}")


def _chains(run: Run[Aws], trail: dict[str, Any]) -> tuple[Shelf, list[Chain]]:
    """Return the chains of a trail, the ordinary one and the one of backfills, with the shelf that they lie on."""
    of_all = run.client.ask("organizations.describe_organization") if trail.get("IsOrganizationTrail") else None
    shelf = Shelf(run.client, trail, of_all["Organization"]["Id"] if of_all else "")
    places, after = shelf.listed(run.span), shelf.after(run.span.end)
    found = [
        _chain(run, shelf, [place for place in places if place.backfill == late], after.get(late))
        for late in (False, True)
    ]
    if False not in after and trail.get("LogFileValidationEnabled") and _logs_on(run.client, trail):
        found[0] = Chain(found[0].digests, found[0].testimony, cut=True)
    return shelf, found


def _logs_on(client: Aws, trail: dict[str, Any]) -> bool:
    """Return whether the trail is switched on; not, where nobody tells: the verdicts on its digests stand without."""
    asked = client.each(
        [trail["TrailARN"]], lambda arn: client.ask("cloudtrail.get_trail_status", Name=arn), unread=None,
    )
    return any(status and status.get("IsLogging") for _, status in asked)


def _chain(run: Run[Aws], shelf: Shelf, places: list[Place], after: Place | None) -> Chain:
    """Return a chain: the digests that are listed, those that they name before them, and the first after the window."""
    wanted = [*places, *([after] if after else [])]
    keys = _keys(run, shelf, after) if wanted else {}
    read: dict[Place, tuple[Digest, str] | None] = {}
    while wanted:
        named: list[Place | None] = []
        for place, digest in shelf.client.each(wanted, shelf.fetched, unread=None):
            read[place] = None
            if digest is not None:  # one that could not be read is lacking, and not missing
                verdict = _digests.own(digest, keys | _later(shelf, digest))
                read[place] = digest, verdict
                named.append(digest.previous if verdict == _digests.VALID else None)
        wanted = [one for one in dict.fromkeys(named) if one and one not in read and _within(run, one.end)]
    judged = [one for one in read.values() if one]
    trusted = [digest for digest, verdict in judged if verdict == _digests.VALID]
    inside = sorted((one for one in judged if _within(run, one[0].place.end)), key=lambda one: one[0].place.key)
    return Chain(tuple(inside), _digests.links(trusted))


def _keys(run: Run[Aws], shelf: Shelf, after: Place | None) -> dict[str, bytes]:
    """Return the public keys that were in force in the window and at the digest after it."""
    end = max(run.span.end, after.end) if after and after.end else run.span.end
    return shelf.keys(run.span.start - 2 * HOUR, end + 2 * HOUR)


def _later(shelf: Shelf, digest: Digest) -> dict[str, bytes]:
    """Return the public keys of the hour in which a backfill digest was written."""
    return shelf.keys(digest.written - HOUR, digest.written + HOUR) if digest.written else {}


def _within(run: Run[Aws], instant: datetime | None) -> bool:
    return instant is not None and run.span.start <= instant < run.span.end


def _records(run: Run[Aws], shelf: Shelf, chain: Chain) -> Iterator[Record]:
    seen: set[str] = set()
    older = False
    for digest, alone in chain.digests:
        starts = alone == _digests.VALID and digest.previous is None
        older = older or (starts and shelf.before(digest.place))
        verdict = _digests.outcome(digest, alone, chain.testimony, earlier=older)
        older = True
        yield _record("digest validated", digest.place, digest, verdict, digest.said)
        if verdict in _digests.SIGNED:
            yield from _logs(shelf, digest, seen)
    if chain.cut:
        last = chain.digests[-1][0].place.end if chain.digests else run.span.start
        row = LogEvent(f"s3://{shelf.bucket}/{shelf.root}#{shelf.trail['Name']}", action="digest validated",
                       target=f"s3://{shelf.bucket}/{shelf.root}", outcome=_digests.MISSING, occurred_at=last)
        yield Record(row, {"reason": "the trail logs, and no digest came after the window", "trail": shelf.trail})


def _logs(shelf: Shelf, digest: Digest, seen: set[str]) -> Iterator[Record]:
    def judged(said: Mapping[str, Any]) -> str:
        found = shelf.object(Place(said["s3Bucket"], said["s3Object"]))
        return _digests.log_outcome(found["Body"] if found else None, said)

    for said, verdict in shelf.client.each(digest.log_files, judged):
        place = Place(said["s3Bucket"], said["s3Object"])
        again = f"#{digest.place.key}" if place.uri in seen else ""  # two digests may name one file
        seen.add(place.uri)
        yield _record("log file validated", place, digest, verdict, said, again)


def _record(
    action: str, place: Place, digest: Digest, verdict: str, said: Mapping[str, Any], again: str = "",
) -> Record:
    row = LogEvent(place.uri + again, action=action, target=place.uri, outcome=verdict, occurred_at=digest.place.end)
    plain = {name: value for name, value in said.items() if name != "logFiles"}  # each has a record of its own
    return Record(row, {"digest": digest.place.uri, "said": plain, "metadata": dict(digest.metadata)})

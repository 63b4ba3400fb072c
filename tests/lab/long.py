"""The longest list of each cloud told from bytes that were made once, so that a million records cost their senders little.

Some thousand items are told as the estate tells them and kept as they go over the wire; of a page only the
serial number in its ids and its instant are put in. Every other list is the estate's own.
"""

from __future__ import annotations

import functools
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.made import Made, Strip

if TYPE_CHECKING:
    from tests.lab.clouds import Clouds

SERIAL = "@@SERIAL@@@@@@@@"
"""Where sixteen digits go that are the page's own."""
AT = datetime.fromtimestamp(1_999_999_999, UTC)
"""The instant that stands for that of the page."""
KEPT = 4_000
"""Items of a list that are kept: more than what a compressor sees at once."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
DAYS = {"gcp": 60, "azure": 30, "entra": 29}
"""Over how many days back from now the events of a cloud are spread."""


@dataclass(frozen=True, slots=True)
class Spread:
    """So many events, evenly over the days before an instant; windows that tile read each of them once."""

    events: int
    now: datetime
    days: int

    def before(self, at: datetime) -> int:
        """Return how many there were before an instant."""
        share = (at - self.now + timedelta(days=self.days)) / timedelta(days=self.days)
        return int(self.events * min(max(share, 0.0), 1.0))

    def made(self, strip: Strip, name: str, asked: str, size: int) -> Made:
        """Return the list that a filter with two instants asks for."""
        start, end = (datetime.fromisoformat(one) for one in _INSTANT.findall(asked)[:2])
        first, last = self.before(start), self.before(end)
        begin = max(start, self.now - timedelta(days=self.days))
        step = (min(end, self.now) - begin) / max(last - first, 1)
        return Made(strip, f"{zlib.crc32(name.encode()):08x}", first, last, size, begin, step)


def grow(clouds: Clouds, records: int) -> None:
    """Let each cloud tell a quarter of so many records; tokens are taken from whoever issued them."""
    for install in (aws, google, azure, entra):
        install(clouds, records // 4)
    clouds.azure.double.tokens = clouds.entra.double.tokens = Anybody()


class Anybody(list[str]):
    """Tokens of an issuer in another process: all are known."""

    def __contains__(self, _token: object) -> bool:
        return True


def _json(items: Iterable[Mapping[str, Any]], key: str, link: str, first: str = "") -> Strip:
    """Return a strip of JSON items below a key."""
    def tail(onwards: str) -> bytes:
        return (f'],"{link}":{json.dumps(onwards)}}}' if onwards else "]}").encode()

    def clock(at: datetime) -> bytes:
        return at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()

    told = [json.dumps(one, separators=(",", ":")).encode() for one in items]
    return Strip(told, f'{{{first}"{key}":['.encode(), b",", tail, SERIAL.encode(), clock(AT), clock)


def _sown(found: Sequence[Any]) -> list[Any]:
    """Return as many things as are kept, each with a serial number for an id and the instant of the page."""
    return [replace(found[n % len(found)], id=f"{SERIAL}-{n:04d}", at=AT) for n in range(KEPT)]


def aws(clouds: Clouds, records: int) -> None:
    """Let the backup jobs, and the recovery points, of each account and region that has any be so many together."""
    from tests.lab.aws.backup import Backup
    from tests.lab.aws.backup_shapes import told_job, told_point

    told = Backup(clouds.estate)
    places = sorted(place for place, jobs in told.jobs.items() if jobs)
    vaults = len(clouds.estate.file["backup"]["vaults"])

    @functools.cache
    def strip(place: tuple[str, str], key: str) -> Strip:
        done = [job for job in told.jobs[place] if job.state == "COMPLETED"]
        tell = told_job if key == "BackupJobs" else told_point
        rows = (replace(done[n % len(done)], id=f"{SERIAL}-{n:04d}") for n in range(KEPT))
        return _json([_wire(tell(row)) for row in rows], key, "NextToken")

    def listed(key: str, lists: int) -> Callable[[dict[str, Any], Any], Any]:
        def tell(params: dict[str, Any], context: Any) -> Any:
            place = (context.account, context.region)
            if place not in places:
                return {key: []}
            name = f"{zlib.crc32(repr((place, key, params.get('BackupVaultName'))).encode()):08x}"
            size = min(1000, int(params.get("MaxResults") or 1000))
            return Made(strip(place, key), name, 0, records // 2 // len(places) // lists, size, clouds.estate.now)

        return tell

    clouds.aws.double.handle("backup.list_backup_jobs", listed("BackupJobs", 1))
    clouds.aws.double.handle("backup.list_recovery_points_by_backup_vault", listed("RecoveryPoints", vaults))


def _wire(value: Any) -> Any:
    """Return a value as AWS's JSON has it: instants are seconds."""
    if isinstance(value, Mapping):
        return {name: _wire(one) for name, one in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def google(clouds: Clouds, records: int) -> None:
    """Let the audit logs of the projects be so many together."""
    from google.protobuf.json_format import ParseDict

    from tests.lab.gcp import rpcs, traffic

    response = rpcs.RPCS[CALL].response.pb()
    own, entries = clouds.gcp.double.answers[CALL], clouds.estate.google.entries
    projects = {f"projects/{one.id}" for one in clouds.estate.google.projects}
    spread = Spread(records // len(projects), clouds.estate.now, DAYS["gcp"])

    @functools.cache
    def strip(parent: str) -> Strip:
        here = _sown([one for one in entries if one.parent == parent.removeprefix("projects/")])
        items = [ParseDict({"entries": [traffic.told(parent, one)]}, response()).SerializeToString() for one in here]
        return Strip(items, b"", b"", lambda token: bytes(response(next_page_token=token).SerializeToString()),
                     SERIAL.encode(), _seconds(AT), _seconds)

    def tell(params: dict[str, Any]) -> Any:
        parent = str(params["resource_names"][0])
        if parent not in projects or "bdr_" in params["filter"] or "data_access" in params["filter"]:
            return own(params)
        return spread.made(strip(parent), parent, params["filter"], min(1000, int(params.get("page_size") or 50)))

    clouds.gcp.double.handle(CALL, tell)


CALL = "logging.list_log_entries"


def _seconds(at: datetime) -> bytes:
    """Return the seconds of a protobuf timestamp; five bytes for all instants of our time."""
    from google.protobuf.timestamp_pb2 import Timestamp

    return bytes(Timestamp(seconds=int(at.timestamp())).SerializeToString())


def azure(clouds: Clouds, records: int) -> None:
    """Let the activity logs of the subscriptions be so many together."""
    from tests.lab.azure import manager

    own, before = clouds.estate.subscriptions, clouds.azure.double.handler("monitor.activity_logs.list")
    spread = Spread(records // len(own.all), clouds.estate.now, DAYS["azure"])

    @functools.cache
    def strip(ident: str) -> Strip:
        here = _sown([one for one in own.events if one.subscription and one.subscription.id == ident])
        return _json(map(manager.told_event, here), "value", "nextLink")

    def tell(params: dict[str, Any]) -> Any:
        if "subscriptionId" not in params:
            return before(params)  # the log of the tenant itself
        ident = params["subscriptionId"].lower()
        return spread.made(strip(ident), ident, str(params["filter"]), 200)

    clouds.azure.double.handle("monitor.activity_logs.list", tell)


def entra(clouds: Clouds, records: int) -> None:
    """Let the tenant's sign-ins be so many."""
    from tests.lab.entra import told

    spread = Spread(records, clouds.estate.now, DAYS["entra"])
    context = json.dumps(f"{clouds.entra.double.url}/v1.0/$metadata#auditLogs/signIns")
    strip = _json(map(told.sign_in, _sown(clouds.estate.directory.sign_ins)), "value", "@odata.nextLink",
                  f'"@odata.context":{context},')

    def tell(_ids: tuple[str, ...], params: dict[str, str]) -> Any:
        return spread.made(strip, "sign-ins", params["$filter"], min(1000, int(params.get("$top", 1000))))

    clouds.entra.double.handle("audit_logs.sign_ins", tell)

"""Our verdicts on chains of digests beside those of AWS's own tool, `aws cloudtrail validate-logs`.

One chain at a time lies in S3, as moto serves it; the tool and the collector judge the same bytes.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.backends import get_backend

from agent.model import Outcome, Window
from agent.registry import Registry
from tests.contracts.cases import Case
from tests.contracts.harness import Played, Stage
from tests.lab.aws import digests, seed
from tests.lab.aws.double import ACCOUNT, Double

REGION, BUCKET, TRAIL = "us-east-1", "oracle-trail", "org"
ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 5
WINDOW = Window(FIRST, FIRST + timedelta(hours=6))
AWS = Path(sys.executable).with_name("aws")
COLLECTOR = Registry.load().get("aws.cloudtrail_digest_validation")
CHAIN = digests.Chain(ACCOUNT, REGION, TRAIL, REGION, BUCKET)
WORDS = {
    "valid": "valid",
    "INVALID: not found": "missing",
    "INVALID: has been moved from its original location": "moved",
    "INVALID: signature verification failed": "invalid_signature",
    "INVALID: public key not found": "invalid_signature",
    "INVALID: hash value doesn't match": "hash_mismatch",
    "INVALID: invalid format": "malformed",
    "INVALID: unexpected data after end of compressed stream": "malformed",
}
LINE = re.compile(r"^(?:\(backfill\) )?(?:Digest|Log) file\t(s3://\S+)\t(.*)$", re.MULTILINE)
GAP = "No log files were delivered by CloudTrail between"


class Late(digests.Chain):
    """A chain of backfill digests, with logs of their own."""

    def log_key(self, end: datetime) -> str:
        return super().log_key(end).replace("_lab.json.gz", "_late.json.gz")

    def digest_key(self, end: datetime) -> str:
        return super().digest_key(end).replace(".json.gz", "_backfill.json.gz")


@dataclass(slots=True)
class Lab:
    """A double before moto, with one bucket of digests."""

    double: Double

    @property
    def store(self) -> Any:
        return get_backend("s3")[ACCOUNT]["aws"]  # over HTTP, the SDK waits a second before it sends a body

    def fresh(self, faults: Mapping[int, digests.Fault]) -> digests.Written:
        """Empty the bucket, and write the chain."""
        self.double.client("s3", region=REGION).create_bucket(Bucket=BUCKET)
        self.store.buckets[BUCKET].keys.clear()
        return digests.write(self.put, CHAIN, FIRST, HOURS, faults=faults)

    def put(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        self.store.put_object(BUCKET, key, body).set_metadata({f"x-amz-meta-{k}": v for k, v in metadata.items()})

    def change(self, key: str, body: Callable[[bytes], bytes] = lambda body: body, **metadata: str) -> None:
        """Put other bytes in the place of a file, or other metadata beside them; '' takes an entry away."""
        held = self.store.get_object(BUCKET, key)
        told = {name.removeprefix("x-amz-meta-"): value for name, value in held.metadata.items()}
        self.put(key, body(held.value), {name: value for name, value in {**told, **metadata}.items() if value})

    def official(self) -> tuple[int, dict[str, str], int]:
        """Return exit status, verdict by file and number of gaps, as the tool tells them."""
        command = [str(AWS), "cloudtrail", "validate-logs", "--trail-arn", ARN, "--verbose"]
        span = ["--start-time", f"{WINDOW.start:{digests.STAMP}}", "--end-time", f"{WINDOW.end:{digests.STAMP}}"]
        environ = {**os.environ, **self.double.environ(region=REGION)}
        done = subprocess.run([*command, *span], env=environ, capture_output=True, text=True, timeout=120, check=False)
        text = done.stdout + done.stderr
        told = {uri: next(WORDS[said] for said in WORDS if word.startswith(said)) for uri, word in LINE.findall(text)}
        assert told, text
        return done.returncode, told, text.count(GAP)

    def ours(self, window: Window = WINDOW) -> Played:
        """Return what the collector makes of the same bucket."""
        case = Case(collector=COLLECTOR.header.id, name="oracle", region=REGION, account=ACCOUNT, window=window)
        return Stage(self.double).run(COLLECTOR, case)  # type: ignore[arg-type]  # it asks no more of the double than this


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch, Double(fallthrough=seed.application()) as served:
        for name, value in served.environ(region=REGION).items():
            if name != "AWS_ENDPOINT_URL":
                patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        der, fingerprint = digests.public_key()
        span = {"ValidityStartTime": FIRST - timedelta(days=9), "ValidityEndTime": FIRST + timedelta(days=900)}
        trail = {
            "Name": TRAIL, "S3BucketName": BUCKET, "HomeRegion": REGION, "TrailARN": ARN,
            "LogFileValidationEnabled": True, "IsMultiRegionTrail": True, "IsOrganizationTrail": False,
        }
        served.script({
            "cloudtrail.list_public_keys": {"PublicKeyList": [{"Value": der, "Fingerprint": fingerprint, **span}]},
            "cloudtrail.describe_trails": {"trailList": [trail]},
            "cloudtrail.get_trail_status": {"IsLogging": False},
        })
        yield Lab(served)


def verdicts(played: Played) -> dict[str, str]:
    """Return our verdicts by file, in the tool's terms: a digest at the start of a chain, or after a gap, is valid."""
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    same = {"start_of_chain": "valid", "gap": "valid"}
    return {row["target"]: same.get(row["outcome"], row["outcome"]) for row in played.plain}


def agree(lab: Lab) -> Counter[str]:
    """Hold both against each other, and return how often each of our outcomes came."""
    status, told, gaps = lab.official()
    played = lab.ours()
    assert verdicts(played) == told
    outcomes = Counter(row["outcome"] for row in played.plain)
    assert outcomes["gap"] == gaps
    assert (status == 0) == (set(verdicts(played).values()) == {"valid"})
    return outcomes


FAULTS: list[tuple[str, dict[int, digests.Fault], dict[str, int]]] = [
    ("intact", {}, {"start_of_chain": 1, "valid": 9}),
    ("tampered log", {1: "tampered_log"}, {"start_of_chain": 1, "valid": 8, "hash_mismatch": 1}),
    ("removed log", {1: "removed_log"}, {"start_of_chain": 1, "valid": 8, "missing": 1}),
    ("removed digest", {2: "removed_digest"}, {"start_of_chain": 1, "valid": 7, "missing": 1}),
    ("moved digest", {4: "moved_digest"}, {"start_of_chain": 1, "valid": 7, "moved": 1}),
    ("wrong signature", {2: "wrong_signature"}, {"start_of_chain": 1, "valid": 7, "invalid_signature": 1}),
    ("first one removed", {0: "removed_digest"}, {"valid": 8, "missing": 1}),
    ("gap", {2: "gap"}, {"start_of_chain": 1, "valid": 6, "gap": 1}),
    ("two at once", {1: "tampered_log", 3: "removed_digest"},
     {"start_of_chain": 1, "valid": 6, "hash_mismatch": 1, "missing": 1}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("faults", "counts"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_the_official_tool_comes_to_the_same_verdicts(
    lab: Lab, faults: dict[int, digests.Fault], counts: dict[str, int],
) -> None:
    lab.fresh(faults)
    assert agree(lab) == counts


def garbage(_: bytes) -> bytes:
    return b"no gzip at all"


def followed(body: bytes) -> bytes:
    return body + gzip.compress(b"more")


def wound(body: bytes) -> bytes:
    return gzip.compress(gzip.decompress(body).replace(b'"awsAccountId": "1', b'"awsAccountId": "9'))


CHANGES: list[tuple[str, Callable[[Lab, digests.Written], None], dict[str, int]]] = [
    ("a log that is no gzip", lambda lab, done: lab.change(done.logs[3], garbage), {"malformed": 1}),
    ("a log that goes on", lambda lab, done: lab.change(done.logs[3], followed), {"malformed": 1}),
    ("a digest that is no gzip", lambda lab, done: lab.change(done.digests[3], garbage), {"malformed": 1}),
    ("a digest of other fields", lambda lab, done: lab.change(done.digests[3], lambda _: gzip.compress(b"{}")),
     {"malformed": 1}),
    ("a digest that was rewritten", lambda lab, done: lab.change(done.digests[3], wound), {"invalid_signature": 1}),
    ("a digest without a signature", lambda lab, done: lab.change(done.digests[3], signature=""),
     {"invalid_signature": 1}),
    ("a digest signed with another's signature", lambda lab, done: lab.change(done.digests[3], signature="00" * 256),
     {"invalid_signature": 1}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "counts"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
def test_it_does_so_of_files_that_were_changed(
    lab: Lab, change: Callable[[Lab, digests.Written], None], counts: dict[str, int],
) -> None:
    change(lab, lab.fresh({}))
    outcomes = agree(lab)
    assert {name: outcomes[name] for name in counts} == counts


@pytest.mark.slow
@pytest.mark.parametrize("fault", [{}, {1: "removed_digest"}, {0: "tampered_log"}], ids=str)
def test_a_chain_of_backfills_is_judged_beside_the_other(lab: Lab, fault: dict[int, digests.Fault]) -> None:
    lab.fresh({})

    def put(key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        lab.put(key, body, {**metadata, "backfill-generation-timestamp": "2026-01-03T00:00:00Z"} if metadata else {})

    digests.write(put, Late(ACCOUNT, REGION, TRAIL, REGION, BUCKET), FIRST, 3, faults=fault)
    assert agree(lab)["start_of_chain"] == 2


@pytest.mark.slow
def test_a_digest_moved_from_the_middle_is_found_in_both_places(lab: Lab) -> None:
    """The tool tells of the place alone where it should be; we tell of the other too."""
    done = lab.fresh({2: "moved_digest"})
    status, told, _ = lab.official()
    ours = verdicts(lab.ours())
    moved = {uri for uri, verdict in ours.items() if verdict == "moved"}
    assert status == 1
    assert moved == {f"s3://{BUCKET}/{CHAIN.digest_key(FIRST + timedelta(hours=3, minutes=1))}"}
    assert {uri: verdict for uri, verdict in ours.items() if uri not in moved} == told
    assert ours[f"s3://{BUCKET}/{done.digests[2]}"] == "missing"


def test_windows_that_tile_say_together_what_one_says(lab: Lab) -> None:
    """A digest is missed by the one after it, which may lie in the next window."""
    lab.fresh({1: "tampered_log", 2: "removed_digest", 3: "removed_log"})
    whole = lab.ours().plain
    for minutes in (60, 90, 120, 150):
        step, tiles, start = timedelta(minutes=minutes), list[dict[str, Any]](), WINDOW.start
        while start < WINDOW.end:
            tiles += lab.ours(Window(start, start + step)).plain
            start += step
        assert sorted(tiles, key=lambda row: row["id"]) == sorted(whole, key=lambda row: row["id"]), minutes


def test_digests_cut_off_at_the_end_of_a_trail_that_logs_are_missing(lab: Lab) -> None:
    lab.fresh({})
    lab.double.script({"cloudtrail.get_trail_status": {"IsLogging": True}})
    try:
        (row,) = [row for row in lab.ours().plain if row["outcome"] == "missing"]
        inside = lab.ours(Window(FIRST, FIRST + timedelta(hours=5)))
    finally:
        lab.double.script({"cloudtrail.get_trail_status": {"IsLogging": False}})
    assert row["target"] == f"s3://{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/"
    assert row["occurred_at"] == "2026-01-01T05:00:00Z"
    assert "missing" not in {row["outcome"] for row in inside.plain}, "the digest of the fifth hour comes after it"


def test_a_log_that_may_not_be_read_is_partial_and_no_verdict(lab: Lab) -> None:
    from tests.lab.aws import faults

    done = lab.fresh({})
    for key in (done.logs[1], done.digests[3]):
        lab.double.fault("s3.get_object", faults.denied(), where={"Key": key})
    try:
        played = lab.ours()
    finally:
        lab.double.reset()
    assert played.closing.outcome is Outcome.PARTIAL
    assert {(one.what, one.reason) for one in played.closing.lacking} == {("s3.get_object", "denied")}
    targets = {row["target"]: row["outcome"] for row in played.plain}
    assert not {f"s3://{BUCKET}/{key}" for key in (done.logs[1], done.digests[3])} & set(targets)
    assert set(targets.values()) == {"valid", "start_of_chain"}

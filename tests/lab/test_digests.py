"""The digest chain is judged by `aws cloudtrail validate-logs`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lab.aws import digests, seed
from tests.lab.aws.double import ACCOUNT, Double

REGION, BUCKET, TRAIL = "us-east-1", "lab-digest-trail", "org"
ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 5
AWS = Path(sys.executable).with_name("aws")
CHAIN = digests.Chain(ACCOUNT, REGION, TRAIL, REGION, BUCKET)


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with Double(fallthrough=seed.application()) as served:
        der, fingerprint = digests.public_key()
        span = {"ValidityStartTime": FIRST - timedelta(days=9), "ValidityEndTime": FIRST + timedelta(days=900)}
        served.script(
            {
                "cloudtrail.list_public_keys": {"PublicKeyList": [{"Value": der, "Fingerprint": fingerprint, **span}]},
                "cloudtrail.describe_trails": {
                    "trailList": [
                        {
                            "Name": TRAIL,
                            "S3BucketName": BUCKET,
                            "HomeRegion": REGION,
                            "TrailARN": ARN,
                            "LogFileValidationEnabled": True,
                            "IsMultiRegionTrail": True,
                            "IsOrganizationTrail": False,
                        }
                    ]
                },
            }
        )
        yield served


def validated(double: Double, faults: Mapping[int, digests.Fault]) -> tuple[int, str]:
    s3 = double.client("s3", region=REGION)
    s3.create_bucket(Bucket=BUCKET)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for found in page.get("Contents", ()):
            s3.delete_object(Bucket=BUCKET, Key=found["Key"])

    def put(key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=dict(metadata))

    digests.write(put, CHAIN, FIRST, HOURS, faults=faults)
    command = [str(AWS), "cloudtrail", "validate-logs", "--trail-arn", ARN, "--verbose"]
    span = ["--start-time", "2026-01-01T00:00:00Z", "--end-time", "2026-01-01T06:00:00Z"]
    environ = {**os.environ, **double.environ(region=REGION)}
    done = subprocess.run([*command, *span], env=environ, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


CASES: list[tuple[str, dict[int, digests.Fault], int, tuple[str, ...]]] = [
    ("intact", {}, 0, ("5/5 digest files valid", "5/5 log files valid")),
    ("tampered log", {1: "tampered_log"}, 1, ("hash value doesn't match", "4/5 log files valid, 1/5")),
    ("removed log", {1: "removed_log"}, 1, ("INVALID: not found", "4/5 log files valid, 1/5 log files INVALID")),
    ("removed digest", {2: "removed_digest"}, 1, ("INVALID: not found", "1/5 digest files INVALID")),
    ("moved digest", {4: "moved_digest"}, 1, ("has been moved from its original location", "4/5 digest files valid")),
    ("wrong signature", {2: "wrong_signature"}, 1, ("signature verification failed", "digest files INVALID")),
]


@pytest.mark.slow
@pytest.mark.parametrize(("faults", "status", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_official_tool_agrees(
    double: Double, faults: dict[int, digests.Fault], status: int, says: tuple[str, ...]
) -> None:
    code, text = validated(double, faults)
    assert (code, [s for s in says if s not in text]) == (status, []), text

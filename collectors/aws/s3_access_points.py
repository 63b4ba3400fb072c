"""Access points of S3: doors of their own into a bucket, which the bucket's own settings do not tell of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws import _buckets
from collectors.aws._settings import setting

GONE = {"NoSuchAccessPoint": "the access point was deleted while it was read"}
CALLS = ("s3control.list_access_points", "s3control.get_access_point", "s3control.get_access_point_policy_status")
HEADER = Header(
    id="aws.s3_access_points",
    title="Access points of S3",
    kind="configuration",
    population="Every access point that the account owns in this region, to a bucket of its own or of another account, "
    "with each setting that shuts it to the public.",
    provider="aws",
    per="region",
    calls=(
        Api(CALLS[0], ("s3:ListAccessPoints",)),
        Api(CALLS[1], ("s3:GetAccessPoint",), answers=GONE),
        Api(
            CALLS[2],
            ("s3:GetAccessPointPolicyStatus",),
            answers=GONE | {"NoSuchAccessPointPolicy": "the access point has no policy"},
        ),
    ),
    limits=(
        "`policy_public` is null where an access point has no policy: nobody comes in who may not use the bucket.",
        "A policy that is public lets nobody in where the access point, its bucket or the account blocks it.",
        "Other accounts' access points to a bucket of this one, and those of several regions, are not read.",
        "Those of Object Lambda and of directory buckets are not read.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per access point and setting."""
    points = run.client.population(CALLS[0], key="AccessPointList", AccountId=run.boundary.id, MaxResults=1000)

    def questions(point: dict[str, Any]) -> list[dict[str, Any] | None]:
        return [run.client.ask(call, AccountId=run.boundary.id, Name=point["Name"]) for call in CALLS[1:]]

    for point, answers in run.client.each(points, questions):
        told, policy = answers
        if told is None:
            run.skip("deleted while it was read")
            continue
        raw = [{"operation": call, "item": item} for call, item in zip(CALLS, (point, told, policy), strict=True)]
        settings = {
            "bucket": point.get("Bucket"),
            "bucket_account": point.get("BucketAccountId"),
            "network_origin": point.get("NetworkOrigin"),
            **_buckets.blocks(told),
            "policy_public": _buckets.policy_public(policy),
        }
        for name, value in settings.items():
            yield Record(setting(point["AccessPointArn"], name, value), raw)

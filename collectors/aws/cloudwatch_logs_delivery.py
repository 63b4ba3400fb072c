"""Whether events arrive in the log groups of CloudWatch Logs: the newest stream of each tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource

HEADER = Header(
    id="aws.cloudwatch_logs_delivery",
    title="Delivery to CloudWatch log groups",
    kind="log_source",
    population="Every log group of the account in this region, with the instant at which an event last arrived in it.",
    provider="aws",
    per="region",
    calls=(
        Api("logs.describe_log_groups", ("logs:DescribeLogGroups",)),
        Api(
            "logs.describe_log_streams",
            ("logs:DescribeLogStreams",),
            answers={"ResourceNotFoundException": "the log group was deleted while it was read"},
        ),
    ),
    limits=(
        "`enabled` says that the log group has ever received an event; an empty one is not in use.",
        "It looks at the stream with the newest event; CloudWatch tells its times up to an hour late.",
        "How far the clock of who wrote an event is off is not judged: the artifact has both times of the newest one.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one log source per log group."""

    def newest(group: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.first(
            "logs.describe_log_streams",
            logGroupName=group["logGroupName"], orderBy="LastEventTime", descending=True, limit=1,
        )

    groups = run.client.population("logs.describe_log_groups", key="logGroups")
    for group, page in run.client.each(groups, newest):
        if page is None:
            run.skip("deleted while it was read")
            continue
        stream = next(iter(page["logStreams"]), None)
        raw = [
            {"operation": "logs.describe_log_groups", "item": group},
            {"operation": "logs.describe_log_streams", "item": stream},
        ]
        yield Record(_row(group, stream or {}), raw)


def _row(group: dict[str, Any], stream: dict[str, Any]) -> LogSource:
    arrived = stream.get("lastIngestionTime") if stream.get("lastEventTimestamp") else None
    return LogSource(
        group.get("logGroupArn") or group["arn"].removesuffix(":*"),
        name=group["logGroupName"],
        enabled=bool(stream.get("lastEventTimestamp")),
        last_delivery_at=datetime.fromtimestamp(arrived / 1000, UTC) if arrived else None,
    )

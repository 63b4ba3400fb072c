"""AWS Config's recorder in each region: whether it records, of which resources, and when it last delivered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource

HEADER = Header(
    id="aws.config_recorder",
    title="Configuration recorders",
    kind="log_source",
    population="Every configuration recorder of the account in this region, or the one statement that there is none.",
    provider="aws",
    per="region",
    calls=(
        Api("config.describe_configuration_recorders", ("config:DescribeConfigurationRecorders",)),
        Api("config.describe_configuration_recorder_status", ("config:DescribeConfigurationRecorderStatus",)),
        Api("config.describe_delivery_channels", ("config:DescribeDeliveryChannels",)),
        Api("config.describe_delivery_channel_status", ("config:DescribeDeliveryChannelStatus",)),
        Api("config.describe_retention_configurations", ("config:DescribeRetentionConfigurations",)),
    ),
    limits=(
        "`last_delivery_at` is the last history or snapshot file; changes streamed to a topic are not counted.",
        "Where nobody set a retention, `retention_days` is null and Config keeps its own default.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one log source per recorder; one that is not enabled where there is none."""
    client = run.client
    states = _named(client, "config.describe_configuration_recorder_status", "ConfigurationRecordersStatus")
    channels = list(client.read("config.describe_delivery_channels", key="DeliveryChannels"))
    delivered = _named(client, "config.describe_delivery_channel_status", "DeliveryChannelsStatus")
    kept = list(client.read("config.describe_retention_configurations", key="RetentionConfigurations"))
    days = kept[0]["RetentionPeriodInDays"] if kept else None
    found = client.population("config.describe_configuration_recorders", key="ConfigurationRecorders")
    none = True
    for recorder in found:
        none = False
        channel = channels[0] if channels else {}  # a region has one at most
        parts = {
            "config.describe_configuration_recorders": recorder,
            "config.describe_configuration_recorder_status": states.get(recorder["name"], {}),
            "config.describe_delivery_channels": channel,
            "config.describe_delivery_channel_status": delivered.get(channel.get("name", ""), {}),
        }
        name = recorder.get("arn") or f"{run.boundary.id}/{run.region}/{recorder['name']}"
        raw = [{"operation": operation, "item": item} for operation, item in parts.items()]
        yield Record(_row(name, *parts.values(), days=days), raw)
    if none:
        absent = LogSource(f"{run.boundary.id}/{run.region}", name=f"{run.region}: no recorder", enabled=False)
        yield Record(absent, {"ConfigurationRecorders": []})


def _named(client: Aws, call: str, key: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in client.read(call, key=key)}


def _row(
    name: str, recorder: dict[str, Any], state: dict[str, Any], channel: dict[str, Any], delivered: dict[str, Any],
    *, days: int | None,
) -> LogSource:
    return LogSource(
        name,
        name=recorder["name"],
        enabled=state.get("recording"),
        covers=_what(recorder.get("recordingGroup") or {}),
        encrypted=bool(channel.get("s3KmsKeyArn")) if channel else None,
        destination=_where(channel),
        retention_days=days,
        last_delivery_at=_when(delivered),
    )


def _what(group: dict[str, Any]) -> list[str]:
    """Return `resources:all`, or each type that is recorded; those that are left out as `except:` and their type."""
    left = (group.get("exclusionByResourceTypes") or {}).get("resourceTypes") or []
    every = group.get("allSupported") or bool(left)
    found = ["resources:all"] if every else [f"resources:{one}" for one in group.get("resourceTypes") or ()]
    found += ["resources:global"] if group.get("includeGlobalResourceTypes") else []
    return [*found, *(f"except:{one}" for one in left)]


def _where(channel: dict[str, Any]) -> str | None:
    if not channel.get("s3BucketName"):
        return None
    return f"s3://{channel['s3BucketName']}/{channel.get('s3KeyPrefix') or ''}"


def _when(status: dict[str, Any]) -> datetime | None:
    files = (status.get("configHistoryDeliveryInfo"), status.get("configSnapshotDeliveryInfo"))
    return max((one["lastSuccessfulTime"] for one in files if one and one.get("lastSuccessfulTime")), default=None)

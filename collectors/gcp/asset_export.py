"""Every resource as it was at one instant, out of a file that Google is asked to write: opt-in, for large estates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import AssetExport, Gcp
from agent.collector import Api, Header, Record, Run
from agent.errors import ConfigurationError, PartialError
from collectors.gcp._assets import LIMITS, row, snapshot
from collectors.gcp._bare import bare

EXPORT, OPERATION, OBJECT = "cloudasset.export_assets", "cloudasset.get_operation", "storage.objects.get"
SEARCH = "cloudasset.search_all_resources"
HEADER = Header(
    id="gcp.asset_export",
    title="Export of resources by Cloud Asset Inventory",
    kind="asset",
    population="Every resource below the parent of the scope as it was at one instant, a minute before the run began, "
    "with its configuration, as Cloud Asset Inventory exported it into the bucket of the scope.",
    provider="gcp",
    per="organization",
    calls=(
        Api(EXPORT, ("cloudasset.assets.exportResource",)),
        Api(OPERATION, ("cloudasset.assets.exportResource",)),
        Api(OBJECT, ("storage.objects.get",)),
        Api(SEARCH, ("cloudasset.assets.searchAllResources",)),
    ),
    cadence="P3D",
    opt_in=True,
    limits=(
        *LIMITS,
        "Google's service agent writes the file; nothing but a lifecycle rule of the bucket deletes it.",
        "Who may write to the bucket may change the file before it is read; of what is read, all is of one version.",
        "The count by the search is of the types that it knows, minutes old at best: it may differ and nothing lack.",
    ),
)
SHOWN = 10
"""Types whose counts differ that a note names."""


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one asset per line of the file; raises `PartialError` where the export ended in an error."""
    export = run.client.scope.asset_export
    if export is None:
        raise ConfigurationError("gcp.asset_export needs a bucket", advice="Name one: asset_export: {bucket: …}")
    counted = Counter[str]()
    for name in _exported(run, export):
        for item in run.client.lines(OBJECT, bucket=export.bucket, object=name):
            kind = item.get("asset_type")  # the file spells members as the message class does, the API's JSON does not
            counted[str(kind)] += 1
            yield Record(row({**item, "assetType": kind}), bare(item))
    if export.compare:
        _compare(run, counted)
    else:
        run.note("not counted by the search, as the scope wants it")


def _exported(run: Run[Gcp], export: AssetExport) -> list[str]:
    """Let Google write, wait for the end, and return the names of the objects."""
    folder = f"gs://{export.bucket}/"
    place = run.client.parent.replace("/", "-")
    uri = f"{folder}{export.prefix}/{place}/{run.started:%Y%m%dT%H%M%SZ}.ndjson"
    begun = run.client.ask(
        EXPORT, parent=run.client.parent, content_type="RESOURCE", read_time=snapshot(run),
        output_config={"gcs_destination": {"uri": uri}},
    ) or {}
    ended = begun if begun.get("done") else run.client.until(OPERATION, _over, name=begun.get("name", "")) or {}
    if "response" not in ended:
        said = (ended.get("error") or {}).get("message", "")
        raise PartialError(f"the export to {uri} failed: {said}", advice="docs/google.md says what the bucket needs")
    uris = ((ended["response"].get("outputResult") or {}).get("gcsResult") or {}).get("uris") or ()
    run.note(f"exported to {', '.join(uris) or 'no object'}")
    if strange := next((one for one in uris if not one.startswith(f"{folder}{export.prefix}/")), ""):
        raise PartialError(f"the export names {strange}, which is not where it was to be written")
    return [one.removeprefix(folder) for one in uris]


def _over(operation: dict[str, Any]) -> bool:
    return bool(operation.get("done"))


def _compare(run: Run[Gcp], counted: Counter[str]) -> None:
    """Keep how many resources the search finds beside how many of the same types were exported."""
    searched = Counter(
        str(one.get("assetType"))
        for one in run.client.read(SEARCH, key="results", scope=run.client.parent, page_size=500, order_by="name")
    )
    run.receipt(SEARCH, searched.total(), sum(counted[name] for name in searched))
    other = [f"{name} {number} by the search and {counted[name]} exported" for name, number in sorted(searched.items())
             if number != counted[name]]
    if other:
        more = f"; and {len(other) - SHOWN} more types" if len(other) > SHOWN else ""
        run.note(f"counts differ: {'; '.join(other[:SHOWN])}{more}")

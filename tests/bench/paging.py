"""`python -m tests.bench.paging CONFIG [bare]`: the floors of the estate's bench, which import nothing of ours.

The providers' own SDKs page the same lists with as many readers, and count. The floor is what their
documentation shows: each list by its own method, each item as the SDK hands it out. The bare one asks
Azure and Graph through the same SDKs for bytes, and takes the JSON as it comes, as the agent does.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.bench.peak import peak_mb

READERS = 16
"""As many as `annexa collect` has tasks at once."""
Job = Callable[[], int]


def floor(config: Path, *, bare: bool) -> dict[str, Any]:
    """Page everything that the collectors read, chain by chain, and return how much and how long."""
    scopes = {one["provider"]: one for one in yaml.safe_load(config.read_text())["scopes"]}
    now = datetime.now(UTC)
    jobs = [*aws(scopes["aws"], now), *google(scopes["gcp"], now),
            *(azure_bare if bare else azure)(scopes["azure"], now), (entra_bare if bare else entra)(scopes["entra"], now)]
    began, spent = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(lambda job: job(), jobs))
    return {"records": sum(found), "seconds": time.perf_counter() - began, "cpu": time.process_time() - spent}


def spans(now: datetime, days: int, longest: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield the windows of so many days up to now."""
    at = now - timedelta(days=days)
    while at < now:
        yield at, min(at + timedelta(days=longest), now)
        at += timedelta(days=longest)


def aws(scope: dict[str, Any], now: datetime) -> Iterator[Job]:
    """Yield the backup jobs, and the recovery points of each vault, of each account and region."""
    import boto3

    first = boto3.client("organizations", region_name="us-east-1")
    accounts = [one["Id"] for page in first.get_paginator("list_accounts").paginate() for one in page["Accounts"]]

    @functools.cache
    def client(account: str, region: str) -> Any:
        role = f"arn:aws:iam::{account}:role/annexa"
        given = boto3.client("sts", region_name=region).assume_role(RoleArn=role, RoleSessionName="floor")["Credentials"]
        return boto3.client(
            "backup", region_name=region, aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"],
        )

    def pages(client: Any, name: str, key: str, **more: Any) -> int:
        return sum(len(page[key]) for page in client.get_paginator(name).paginate(**more))

    def jobs(account: str, region: str) -> int:
        return pages(client(account, region), "list_backup_jobs", "BackupJobs")

    def points(account: str, region: str) -> int:
        held = client(account, region)
        vaults = [one["BackupVaultName"] for page in held.get_paginator("list_backup_vaults").paginate()
                  for one in page["BackupVaultList"]]
        return sum(pages(held, "list_recovery_points_by_backup_vault", "RecoveryPoints", BackupVaultName=one)
                   for one in vaults)

    def refused(job: Job) -> int:
        from botocore.exceptions import ClientError

        try:
            return job()
        except ClientError:
            return 0  # the region that the organization forbids

    for account in accounts:
        for region in scope["regions"]:
            yield partial(refused, partial(jobs, account, region))
            yield partial(refused, partial(points, account, region))


def google(scope: dict[str, Any], now: datetime) -> Iterator[Job]:
    """Yield the audit logs of each project, read through Google's own client."""
    import google.auth
    import google.auth.transport.requests
    import grpc
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport

    held, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    held.refresh(google.auth.transport.requests.Request())
    roots = Path(os.environ["REQUESTS_CA_BUNDLE"]).read_bytes()
    channel = grpc.secure_channel(scope["endpoint"].removeprefix("https://"), grpc.ssl_channel_credentials(roots),
                                  [("grpc.max_receive_message_length", -1)])
    client = LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel))
    token = [("authorization", f"Bearer {held.token}")]

    def project(name: str) -> int:
        found = 0
        for start, end in spans(now, 399, 60):
            when = f'timestamp>="{start.isoformat()}" AND timestamp<"{end.isoformat()}"'
            asked = {"resource_names": [f"projects/{name}"], "filter": when, "page_size": 1000,
                     "order_by": "timestamp asc"}
            found += sum(1 for _ in client.list_log_entries(request=asked, metadata=token))
        return found

    for name in ("nordwind-security", "nordwind-shop", "nordwind-lab"):
        yield partial(project, name)


SUBSCRIPTIONS = ("7c1a52e0-44b1-4f7e-9d0b-1f0a6a2b9c01", "7c1a52e0-44b1-4f7e-9d0b-1f0a6a2b9c02")
ARM = "https://management.azure.com/.default"
GRAPH = "https://graph.microsoft.com/.default"


def _happened(start: datetime, end: datetime) -> str:
    return f"eventTimestamp ge '{start:%Y-%m-%dT%H:%M:%SZ}' and eventTimestamp le '{end:%Y-%m-%dT%H:%M:%SZ}'"


def azure(scope: dict[str, Any], now: datetime) -> Iterator[Job]:
    """Yield the activity log of each subscription, read through the management package."""
    from azure.identity import DefaultAzureCredential
    from azure.mgmt.monitor import MonitorManagementClient

    bundle = os.environ["REQUESTS_CA_BUNDLE"]
    held = DefaultAzureCredential(disable_instance_discovery=True, connection_verify=bundle)

    def subscription(ident: str) -> int:
        client = MonitorManagementClient(held, ident, base_url=scope["endpoint"], connection_verify=bundle,
                                         credential_scopes=[ARM])
        return sum(1 for start, end in spans(now, 89, 3)
                   for _ in client.activity_logs.list(filter=_happened(start, end)))

    return (partial(subscription, ident) for ident in SUBSCRIPTIONS)


def azure_bare(scope: dict[str, Any], now: datetime) -> Iterator[Job]:
    """Yield the activity log of each subscription, read through the pipeline of azure-core."""
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy
    from azure.core.rest import HttpRequest
    from azure.identity import DefaultAzureCredential

    bundle = os.environ["REQUESTS_CA_BUNDLE"]
    held = DefaultAzureCredential(disable_instance_discovery=True, connection_verify=bundle)

    def subscription(ident: str) -> int:
        client: Any = PipelineClient(scope["endpoint"], policies=[BearerTokenCredentialPolicy(held, ARM)],
                                     connection_verify=bundle)
        path, found = f"/subscriptions/{ident}/providers/Microsoft.Insights/eventtypes/management/values", 0
        for start, end in spans(now, 89, 3):
            asked = urlencode({"api-version": "2015-04-01", "$filter": _happened(start, end)})
            link = f"{scope['endpoint']}{path}?{asked}"
            while link:
                page = client.send_request(HttpRequest("GET", link)).json()
                found += len(page["value"])
                link = page.get("nextLink")
        return found

    return (partial(subscription, ident) for ident in SUBSCRIPTIONS)


def _signed(start: datetime, end: datetime) -> str:
    return f"createdDateTime ge {start:%Y-%m-%dT%H:%M:%SZ} and createdDateTime le {end:%Y-%m-%dT%H:%M:%SZ}"


def _graph(scope: dict[str, Any], held: Any) -> Any:
    """Return the Graph client of the SDK."""
    import httpx
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph_core import GraphClientFactory

    way = AzureIdentityAuthenticationProvider(held, allowed_hosts=["localhost"], scopes=[GRAPH])
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(verify=os.environ["REQUESTS_CA_BUNDLE"], timeout=120)
    )
    adapter = GraphRequestAdapter(way, client=http)
    adapter.base_url = f"{scope['endpoint']}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def entra(scope: dict[str, Any], now: datetime) -> Job:
    """Return the sign-ins, read through the Graph SDK."""
    import asyncio

    from azure.identity.aio import DefaultAzureCredential
    from msgraph.generated.audit_logs.sign_ins.sign_ins_request_builder import SignInsRequestBuilder

    async def read() -> int:
        held = DefaultAzureCredential(disable_instance_discovery=True,
                                      connection_verify=os.environ["REQUESTS_CA_BUNDLE"])
        builder = _graph(scope, held).audit_logs.sign_ins
        found, kind = 0, SignInsRequestBuilder.SignInsRequestBuilderGetRequestConfiguration
        for start, end in spans(now, 29, 3):
            asked = SignInsRequestBuilder.SignInsRequestBuilderGetQueryParameters(filter=_signed(start, end), top=1000)
            page = await builder.get(request_configuration=kind(query_parameters=asked))
            while page is not None:
                found += len(page.value or ())
                link = page.odata_next_link
                page = await builder.with_url(link).get() if link else None
        await held.close()
        return found

    return lambda: asyncio.run(read())


def entra_bare(scope: dict[str, Any], now: datetime) -> Job:
    """Return the sign-ins, asked for through the Graph SDK and taken as JSON."""
    import asyncio

    from azure.identity.aio import DefaultAzureCredential
    from kiota_abstractions.native_response_handler import NativeResponseHandler
    from kiota_http.middleware.options import ResponseHandlerOption
    from msgraph.generated.audit_logs.sign_ins.sign_ins_request_builder import SignInsRequestBuilder

    async def read() -> int:
        held = DefaultAzureCredential(disable_instance_discovery=True,
                                      connection_verify=os.environ["REQUESTS_CA_BUNDLE"])
        client = _graph(scope, held)
        builder, found = client.audit_logs.sign_ins, 0
        kind = SignInsRequestBuilder.SignInsRequestBuilderGetRequestConfiguration
        native = ResponseHandlerOption(NativeResponseHandler())
        for start, end in spans(now, 29, 3):
            asked = SignInsRequestBuilder.SignInsRequestBuilderGetQueryParameters(filter=_signed(start, end), top=1000)
            request = builder.to_get_request_information(kind(query_parameters=asked))
            while request is not None:
                request.request_options[native.get_key()] = native
                page = (await client.request_adapter.send_primitive_async(request, "bytes", {})).json()
                found += len(page["value"])
                link = page.get("@odata.nextLink")
                request = builder.with_url(link).to_get_request_information() if link else None
        await held.close()
        return found

    return lambda: asyncio.run(read())


if __name__ == "__main__":
    print(json.dumps({**floor(Path(sys.argv[1]), bare="bare" in sys.argv), "peak_mb": peak_mb()}))

"""The replay server says what it promises, and boto3 reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

RECORDS, PAGE = 2_345, 1_000
LISTS = {
    "resourcegroupstaggingapi": ("get_resources", "ResourceTagMappingList", "ResourceARN"),
    "backup": ("list_restore_jobs", "RestoreJobs", "RestoreJobId"),
    "iam": ("list_users", "Users", "UserName"),
    "cloudtrail": ("lookup_events", "Events", "EventId"),
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.lab.replay", "--records", str(RECORDS), "--page", str(PAGE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["pages"] == 3
        yield told["endpoint"]
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize("service", LISTS)
def test_every_record_comes_once(endpoint: str, service: str) -> None:
    operation, key, name = LISTS[service]
    client = boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=endpoint,
        aws_access_key_id="AKIALAB",
        aws_secret_access_key="lab",
        config=Config(retries={"max_attempts": 0}),
    )
    pages = list(client.get_paginator(operation).paginate())
    assert [len(page[key]) for page in pages] == [1_000, 1_000, 345]
    assert len({record[name] for page in pages for record in page[key]}) == RECORDS

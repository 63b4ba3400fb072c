"""The same store in a bucket, over S3's own protocol."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from agent.errors import StoreError, VerificationError
from agent.store import Store
from tests.fixtures.store import START, Place, keep, record

ACCESS = {"aws_access_key_id": "annexa", "aws_secret_access_key": "annexa", "region_name": "us-east-1"}


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Place]:
    """A store whose artifacts lie in a bucket of a local server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    name = f"evidence-{secrets.token_hex(6)}"
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, **ACCESS).create_bucket(Bucket=name)
    options = {
        "endpoint": endpoint, "access_key_id": "annexa", "secret_access_key": "annexa", "region": "us-east-1",
        "virtual_hosted_style_request": False, "client_options": {"allow_http": True},
        "retry_config": {"max_retries": 0},
    }
    yield Place(
        tmp_path, f"sqlite:///{tmp_path}/annexa.db", f"s3://{name}/annexa",
        options={"artifacts_options": options},
    )
    server.stop()


def test_a_store_in_a_bucket(bucket: Place) -> None:
    with bucket.open() as store:
        names = [keep(store, [f"i-{number}" for number in range(3000)]), keep(store), keep(store, ["x"], scope="b")]
        assert [row.id for row in record(store)] == names
        assert len(list(store.open_artifact(names[0]).records())) == 3000
        assert list(store.open_artifact(names[1]).records()) == []
        again = keep(store, started_at=START.replace(hour=13))
        assert [row.id for row in record(store)] == [again]
        assert store.check(deep=True) == []
        before = [row.model_dump() for row in store.recorded()]
        assert list((bucket.data / "staging").iterdir()) == []
    fresh = f"sqlite:///{bucket.data}/again.db"
    result = Store.rebuild(fresh, bucket.artifacts, data=bucket.data, clock=lambda: START, **bucket.options)
    assert (result.artifacts, result.problems) == (4, [])
    bucket.database = fresh
    with bucket.open() as store:
        assert [row.model_dump() for row in store.recorded()] == before


def test_an_object_that_is_gone(bucket: Place) -> None:
    with bucket.open() as store:
        name = keep(store, ["a"])
        (row,) = record(store)
        store.objects.delete(row.path)
        with pytest.raises(VerificationError, match="gone"):
            store.open_artifact(name)
        assert [one.kind for one in store.check(deep=False)] == ["object"]


def test_a_bucket_that_is_not_there(bucket: Place) -> None:
    bucket.artifacts = "s3://nowhere/annexa"
    with pytest.raises(StoreError) as caught, bucket.open() as store:
        keep(store, ["a"])
    assert "The specified bucket does not exist" in caught.value.line()
    assert "\n" not in caught.value.line()
    assert len(caught.value.line()) < 400
    bucket.artifacts = "nothing://x"
    with pytest.raises(StoreError, match="Cannot open"), bucket.open():
        pass

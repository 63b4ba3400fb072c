"""Whether each load balancer logs the requests that it takes, and where to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource
from collectors.aws._arn import arn

GONE = "the load balancer was deleted while it was read"
HEADER = Header(
    id="aws.elb_access_logs",
    title="Access logs of load balancers",
    kind="log_source",
    population="Every load balancer of the account in this region, application, network and classic, whether it logs "
    "or not.",
    provider="aws",
    per="region",
    calls=(
        Api("elbv2.describe_load_balancers", ("elasticloadbalancing:DescribeLoadBalancers",)),
        Api("elbv2.describe_load_balancer_attributes", ("elasticloadbalancing:DescribeLoadBalancerAttributes",),
            answers={"LoadBalancerNotFound": GONE}),
        Api("elb.describe_load_balancers", ("elasticloadbalancing:DescribeLoadBalancers",)),
        Api("elb.describe_load_balancer_attributes", ("elasticloadbalancing:DescribeLoadBalancerAttributes",),
            answers={"LoadBalancerNotFound": GONE}),
    ),
    limits=(
        "Gateway load balancers have no access log, and are skipped.",
        "A network load balancer logs only connections with TLS, also where its log is on.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one log source per load balancer."""
    yield from _newer(run)
    yield from _classic(run)


def _newer(run: Run[Aws]) -> Iterator[Record]:
    call = "elbv2.describe_load_balancer_attributes"
    found = run.client.population("elbv2.describe_load_balancers", key="LoadBalancers", PageSize=400)
    for one, answer in run.client.each(found, lambda one: run.client.ask(call, LoadBalancerArn=one["LoadBalancerArn"])):
        if answer is None:
            run.skip("deleted while it was read")
            continue
        if one.get("Type") == "gateway":
            run.skip("a gateway load balancer, which has no access log")
            continue
        said = {pair["Key"]: pair.get("Value") for pair in answer["Attributes"]}
        on = said.get("access_logs.s3.enabled")
        where = _where(said.get("access_logs.s3.bucket"), said.get("access_logs.s3.prefix"))
        row = LogSource(
            one["LoadBalancerArn"], name=one["LoadBalancerName"], enabled=None if on is None else on == "true",
            destination=where if on == "true" else None,
        )
        yield Record(row, _raw("elbv2", one, answer))


def _classic(run: Run[Aws]) -> Iterator[Record]:
    call = "elb.describe_load_balancer_attributes"
    found = run.client.population("elb.describe_load_balancers", key="LoadBalancerDescriptions", PageSize=400)
    for one, answer in run.client.each(
        found, lambda one: run.client.ask(call, LoadBalancerName=one["LoadBalancerName"]),
    ):
        if answer is None:
            run.skip("deleted while it was read")
            continue
        log = answer["LoadBalancerAttributes"].get("AccessLog") or {}
        row = LogSource(
            arn(run, "elasticloadbalancing", f"loadbalancer/{one['LoadBalancerName']}"),
            name=one["LoadBalancerName"], enabled=log.get("Enabled"),
            destination=_where(log.get("S3BucketName"), log.get("S3BucketPrefix")) if log.get("Enabled") else None,
        )
        yield Record(row, _raw("elb", one, answer))


def _where(bucket: str | None, prefix: str | None) -> str | None:
    return f"s3://{bucket}/{prefix or ''}" if bucket else None


def _raw(service: str, one: dict[str, Any], answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"operation": f"{service}.describe_load_balancers", "item": one},
        {"operation": f"{service}.describe_load_balancer_attributes", "item": answer},
    ]

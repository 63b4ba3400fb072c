"""What runs code beside servers: Lambda functions, ECS and EKS clusters, and the repositories of their images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._tags import classification, environment, owner, tags_of

HEADER = Header(
    id="aws.compute_services",
    title="Functions, container clusters and image repositories",
    kind="asset",
    population="Every Lambda function, ECS cluster, EKS cluster and ECR repository of the account in this region.",
    provider="aws",
    per="region",
    calls=(
        Api("lambda.list_functions", ("lambda:ListFunctions",)),
        Api("ecs.list_clusters", ("ecs:ListClusters",)),
        Api("ecs.describe_clusters", ("ecs:DescribeClusters",)),
        Api("eks.list_clusters", ("eks:ListClusters",)),
        Api(
            "eks.describe_cluster",
            ("eks:DescribeCluster",),
            answers={"ResourceNotFoundException": "the cluster was deleted while it was read"},
        ),
        Api("ecr.describe_repositories", ("ecr:DescribeRepositories",)),
    ),
    limits=(
        "Of functions and repositories the tags are null: aws.resource_tags has them.",
        "Of a function `created_at` is null: Lambda tells the last change only.",
        "The values of a function's environment variables may be secrets: they are not kept, their names are.",
        "Services and tasks within a cluster are not listed.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per function, cluster and repository."""
    for function in run.client.population("lambda.list_functions", key="Functions"):
        yield _function(run, function)
    yield from _ecs(run)
    yield from _eks(run)
    for one in run.client.population("ecr.describe_repositories", key="repositories", maxResults=1000):
        row = Asset(one["repositoryArn"], name=one["repositoryName"], type="AWS::ECR::Repository", provider="aws",
                    region=run.region, created_at=one.get("createdAt"))
        yield Record(row, one)


def _function(run: Run[Aws], function: dict[str, Any]) -> Record:
    named = (function.get("Environment") or {}).get("Variables")
    if named:
        function = {**function, "Environment": {"Variables": dict.fromkeys(sorted(named))}}
    row = Asset(function["FunctionArn"], name=function["FunctionName"], type="AWS::Lambda::Function", provider="aws",
                region=run.region, state=function.get("State"))
    return Record(row, function)


def _ecs(run: Run[Aws]) -> Iterator[Record]:
    pages = run.client.population(
        "ecs.list_clusters", key=lambda page: [page["clusterArns"]] if page.get("clusterArns") else [], maxResults=100,
    )
    described = run.client.each(
        pages, lambda arns: run.client.ask("ecs.describe_clusters", clusters=arns, include=["TAGS", "SETTINGS"]) or {},
    )
    for _, answer in described:
        for one in answer.get("clusters") or ():
            yield _cluster(run, "AWS::ECS::Cluster", one["clusterArn"], one["clusterName"], one,
                           tags_of(one.get("tags"), "key", "value"))
        for failure in answer.get("failures") or ():
            run.skip(f"ECS describes it no more: {failure.get('reason')}")


def _eks(run: Run[Aws]) -> Iterator[Record]:
    names = run.client.population("eks.list_clusters", key="clusters", maxResults=100)
    for _, answer in run.client.each(names, lambda name: run.client.ask("eks.describe_cluster", name=name)):
        if answer is None:
            run.skip("deleted while it was read")
        else:
            one = answer["cluster"]
            yield _cluster(run, "AWS::EKS::Cluster", one["arn"], one["name"], one, dict(one.get("tags") or {}))


def _cluster(run: Run[Aws], kind: str, arn: str, name: str, told: dict[str, Any], tags: dict[str, str]) -> Record:
    row = Asset(
        arn,
        name=name,
        type=kind,
        provider="aws",
        region=run.region,
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        created_at=told.get("createdAt"),
        state=told.get("status"),
        tags=tags,
    )
    return Record(row, told)

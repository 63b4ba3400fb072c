"""How functions and Kubernetes clusters are set up: who may come in, and whether what they run on is still kept up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting
from collectors.aws._trust import open_to_all

FUNCTIONS, POLICY, URLS = "lambda.list_functions", "lambda.get_policy", "lambda.list_function_url_configs"
CLUSTERS, CLUSTER, VERSIONS = "eks.list_clusters", "eks.describe_cluster", "eks.describe_cluster_versions"
HEADER = Header(
    id="aws.compute_settings",
    title="Settings of functions and Kubernetes clusters",
    kind="configuration",
    population="Every Lambda function and every EKS cluster of the account in this region, with its runtime or version "
    "and the settings that let others in; of a cluster also what its control plane logs.",
    provider="aws",
    per="region",
    calls=(
        Api(FUNCTIONS, ("lambda:ListFunctions",)),
        Api(POLICY, ("lambda:GetPolicy",), answers={"ResourceNotFoundException": "the function has no policy"}),
        Api(URLS, ("lambda:ListFunctionUrlConfigs",),
            answers={"ResourceNotFoundException": "the function was deleted while it was read"}),
        Api(CLUSTERS, ("eks:ListClusters",)),
        Api(CLUSTER, ("eks:DescribeCluster",),
            answers={"ResourceNotFoundException": "the cluster was deleted while it was read"}),
        Api(VERSIONS, ("eks:DescribeClusterVersions",)),
    ),
    limits=(
        "Of a function's policies only its own is read, not those of its versions and aliases.",
        "`policy_public` is a policy that lets everyone call the function under no condition at all.",
        "A function that is an image has no runtime: what it runs on is in aws.ecr_image_scans.",
        "Until when Lambda keeps a runtime up, no call tells: the check knows the dates that AWS has published.",
        "Services and tasks of ECS, node groups and add-ons of EKS are not read.",
    ),
)
WORLD = {"0.0.0.0/0", "::/0"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per function and setting, then one per cluster and setting."""
    yield from _functions(run)
    yield from _clusters(run)


def _functions(run: Run[Aws]) -> Iterator[Record]:
    def questions(function: dict[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        name = function["FunctionName"]
        urls = run.client.read(URLS, key="FunctionUrlConfigs", FunctionName=name, MaxItems=50)
        return run.client.ask(POLICY, FunctionName=name), list(urls)

    for function, (policy, urls) in run.client.each(run.client.population(FUNCTIONS, key="Functions"), questions):
        listed = {name: value for name, value in function.items() if name != "Environment"}  # which may hold secrets
        raw = [{"operation": FUNCTIONS, "item": listed}, {"operation": POLICY, "item": policy},
               {"operation": URLS, "item": urls}]
        settings = {
            "runtime": function.get("Runtime"),
            "policy_public": policy is not None and open_to_all(policy["Policy"]),
            "url_auth": sorted({url["AuthType"] for url in urls}) if urls else None,
        }
        for name, value in settings.items():
            yield Record(setting(function["FunctionArn"], name, value), raw)


def _clusters(run: Run[Aws]) -> Iterator[Record]:
    def questions(name: str) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        answer = run.client.ask(CLUSTER, name=name)
        if answer is None:
            return None, []
        wanted = [answer["cluster"]["version"]]
        return answer["cluster"], list(run.client.read(VERSIONS, key="clusterVersions", clusterVersions=wanted))

    for _, (cluster, versions) in run.client.each(
        run.client.population(CLUSTERS, key="clusters", maxResults=100), questions,
    ):
        if cluster is None:
            run.skip("deleted while it was read")
            continue
        raw = [{"operation": CLUSTER, "item": cluster}, {"operation": VERSIONS, "item": versions}]
        for name, value in _cluster(cluster, versions).items():
            yield Record(setting(cluster["arn"], name, value), raw)


def _cluster(cluster: dict[str, Any], versions: list[dict[str, Any]]) -> dict[str, Any]:
    supported = next((one for one in versions if one.get("clusterVersion") == cluster["version"]), {})
    network = cluster.get("resourcesVpcConfig") or {}
    kinds = (cluster.get("logging") or {}).get("clusterLogging") or ()
    return {
        "version": cluster["version"],
        "version_support": supported.get("versionStatus"),
        "standard_support_ends": supported.get("endOfStandardSupportDate"),
        "endpoint_open": bool(network.get("endpointPublicAccess") and WORLD.intersection(_from(network))),
        "control_plane_logs": sorted(kind for one in kinds if one.get("enabled") for kind in one.get("types") or ()),
    }


def _from(network: dict[str, Any]) -> list[str]:
    """Return from where the public endpoint may be asked; from everywhere where nobody said so."""
    return network.get("publicAccessCidrs") or ["0.0.0.0/0"]

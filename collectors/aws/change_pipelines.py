"""Changes that went through pipelines: executions with their approvals, deployments, and builds of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Change
from collectors.aws._arn import arn

PIPELINES = "codepipeline.list_pipelines"
EXECUTIONS = "codepipeline.list_pipeline_executions"
ACTIONS = "codepipeline.list_action_executions"
DEPLOYMENTS = "codedeploy.list_deployments"
DEPLOYMENT = "codedeploy.batch_get_deployments"
BUILDS = "codebuild.list_builds"
BUILD = "codebuild.batch_get_builds"
GONE = {"PipelineNotFoundException": "the pipeline was deleted while it was read"}
HEADER = Header(
    id="aws.change_pipelines",
    title="Changes through pipelines",
    kind="change",
    population="Every execution of a pipeline of CodePipeline, every deployment of CodeDeploy, and every build of "
    "CodeBuild that no pipeline started, in this region.",
    provider="aws",
    per="region",
    calls=(
        Api(PIPELINES, ("codepipeline:ListPipelines",)),
        Api(EXECUTIONS, ("codepipeline:ListPipelineExecutions",), answers=GONE),
        Api(ACTIONS, ("codepipeline:ListActionExecutions",), answers=GONE),
        Api(DEPLOYMENTS, ("codedeploy:ListDeployments",)),
        Api(DEPLOYMENT, ("codedeploy:BatchGetDeployments",)),
        Api(BUILDS, ("codebuild:ListBuilds",)),
        Api(BUILD, ("codebuild:BatchGetBuilds",)),
    ),
    cadence="P1D",
    keeps="P365D",
    limits=(
        "`reviewed` says whether the pipeline asked for an approval and got it.",
        "A review of the code before the pipeline (a pull request) is not seen.",
        "Of deployments and builds nobody tells a review: `reviewed` is null.",
        "`author` is who started the execution by hand; where a commit or a schedule did, it is null.",
        "Changes by other tools (GitHub Actions, Jenkins) are not among them.",
    ),
)
OUTCOMES = {
    "succeeded": "completed", "failed": "failed", "fault": "failed", "timed_out": "failed", "stopped": "aborted",
    "cancelled": "aborted", "superseded": "aborted",
}
BY_HAND = ("StartPipelineExecution", "CreatePipeline", "ManualRollback")
AT_ONCE = 25
OF_PIPELINE = "codepipeline/"


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one change per execution, deployment and build."""
    client = run.client
    for pipeline in client.read(PIPELINES, key="pipelines", maxResults=1000):
        name = pipeline["name"]
        asked = defaultdict(list)
        for action in client.read(ACTIONS, key="actionExecutionDetails", pipelineName=name, maxResults=100):
            if _category(action) == "Approval":
                asked[action["pipelineExecutionId"]].append(action)
        for one in client.population(EXECUTIONS, key="pipelineExecutionSummaries", pipelineName=name, maxResults=100):
            approvals = asked[one["pipelineExecutionId"]]
            raw = [{"operation": EXECUTIONS, "item": one}, {"operation": ACTIONS, "item": approvals}]
            yield Record(_execution(run, name, one, approvals), raw)
    chunks = client.population(DEPLOYMENTS, key=lambda page: _chunks(page.get("deployments") or []))
    for _, answer in client.each(chunks, lambda ids: client.ask(DEPLOYMENT, deploymentIds=ids) or {}):
        if not answer.get("deploymentsInfo"):
            run.skip("no longer kept")
        for one in answer.get("deploymentsInfo") or ():
            yield Record(_deployment(run, one), one)
    yield from _builds(run)


def _builds(run: Run[Aws]) -> Iterator[Record]:
    chunks = run.client.population(BUILDS, key=lambda page: _chunks(page.get("ids") or []))
    for _, answer in run.client.each(chunks, lambda ids: run.client.ask(BUILD, ids=ids) or {}):
        own = [one for one in answer.get("builds") or () if not (one.get("initiator") or "").startswith(OF_PIPELINE)]
        if not own:
            run.skip("builds of pipelines, which are recorded with their executions, or no longer kept")
        for one in own:
            row = Change(one["arn"], reference=one.get("resolvedSourceVersion") or one.get("sourceVersion"),
                         author=one.get("initiator"), outcome=_outcome(one.get("buildStatus")),
                         occurred_at=one.get("startTime"))
            yield Record(row, _bare(one))


def _bare(build: dict[str, Any]) -> dict[str, Any]:
    """Return a build without the values of its environment, which may be secrets."""
    environment = dict(build.get("environment") or {})
    named = [{"name": one["name"]} for one in environment.pop("environmentVariables", None) or ()]
    return {**build, "environment": {**environment, "environmentVariables": named}} if named else build


def _chunks(ids: list[str]) -> list[list[str]]:
    return [ids[start:start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]


def _category(action: dict[str, Any]) -> str | None:
    category: str | None = ((action.get("input") or {}).get("actionTypeId") or {}).get("category")
    return category


def _outcome(status: str | None) -> str | None:
    return OUTCOMES.get(status.lower(), "running") if status else None


def _execution(run: Run[Aws], pipeline: str, one: dict[str, Any], approvals: list[dict[str, Any]]) -> Change:
    trigger, sources = one.get("trigger") or {}, one.get("sourceRevisions") or ()
    given = [action for action in approvals if action.get("status") == "Succeeded"]
    return Change(
        f"{arn(run, 'codepipeline', pipeline)}/{one['pipelineExecutionId']}",
        reference=next((source["revisionId"] for source in sources if source.get("revisionId")), None),
        author=trigger.get("triggerDetail") if trigger.get("triggerType") in BY_HAND else None,
        approver=given[0].get("updatedBy") if given else None,
        reviewed=bool(given),
        outcome=_outcome(one.get("status")),
        occurred_at=one.get("startTime"),
    )


def _deployment(run: Run[Aws], one: dict[str, Any]) -> Change:
    place = f"deploymentgroup:{one.get('applicationName')}/{one.get('deploymentGroupName')}"
    return Change(
        f"{arn(run, 'codedeploy', place)}/{one['deploymentId']}",
        reference=_revision(one.get("revision") or {}),
        outcome=_outcome(one.get("status")),
        occurred_at=one.get("createTime"),
    )


def _revision(revision: dict[str, Any]) -> str | None:
    """Return the commit that was deployed, or the object."""
    commit: str | None = (revision.get("gitHubLocation") or {}).get("commitId")
    stored = revision.get("s3Location") or {}
    return f"s3://{stored['bucket']}/{stored['key']}" if "key" in stored and not commit else commit

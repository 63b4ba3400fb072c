"""How sessions on servers are kept: whether Session Manager writes down what is typed in them, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

LIST, READ, SERVERS = "ssm.list_documents", "ssm.get_document", "ssm.describe_instance_information"
HEADER = Header(
    id="aws.session_settings",
    title="How sessions on servers are kept",
    kind="configuration",
    population="Every session document of the account's own in this region, its preferences among them, with where the "
    "sessions that it begins are logged and how they are encrypted; and what holds where nobody chose a document.",
    provider="aws",
    per="region",
    calls=(
        Api(LIST, ("ssm:ListDocuments",)),
        Api(READ, ("ssm:GetDocument",), answers={"InvalidDocument": "the document was deleted while it was read"}),
        Api(SERVERS, ("ssm:DescribeInstanceInformation",)),
    ),
    limits=(
        "A session that forwards a port or a connection of SSH cannot be logged, whatever its document says.",
        "Whether the log's bucket or group exists, and whether the server may write there, is not tried.",
        "Documents that other accounts share with this one are not among them.",
        "`sessions_possible` is that Systems Manager manages a server here: who may open a session, the policies tell.",
    ),
)
PREFERENCES = "SSM-SessionManagerRunShell"
OWN = [{"Key": "DocumentType", "Values": ["Session"]}, {"Key": "Owner", "Values": ["Self"]}]
UNREAD: dict[str, Any] = {}
INPUTS = {
    "log_bucket": "s3BucketName",
    "log_group": "cloudWatchLogGroupName",
    "encryption_key": "kmsKeyId",
    "run_as": "runAsEnabled",
    "idle_minutes": "idleSessionTimeout",
    "longest_minutes": "maxSessionDuration",
}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per document and setting, then what holds of the region."""

    def content(document: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask(READ, Name=document["Name"], DocumentFormat="JSON")

    preferred: dict[str, Any] | None = {}
    listed = run.client.population(LIST, key="DocumentIdentifiers", Filters=OWN, MaxResults=50)
    for document, answer in run.client.each(listed, content, unread=UNREAD):
        told = _inputs(answer) if answer else None
        if document["Name"] == PREFERENCES:
            preferred = None if answer is UNREAD else told or {}
        if told is None:
            run.skip("its content may not be read" if answer is UNREAD else "deleted while it was read")
            continue
        raw = [{"operation": LIST, "item": document}, {"operation": READ, "item": answer}]
        for name, value in told.items():
            yield Record(setting(arn(run, "ssm", f"document/{document['Name']}"), name, value), raw)
    yield from _region(run, preferred)


def _region(run: Run[Aws], preferred: dict[str, Any] | None) -> Iterator[Record]:
    """Yield what holds where nobody chose a document; null where the preferences are there and may not be read."""
    answer = run.client.first(SERVERS, MaxResults=5) or {}
    told: dict[str, bool | None] = {"sessions_possible": bool(answer.get("InstanceInformationList"))}
    told |= {"sessions_logged": None, "sessions_encrypted": None} if preferred is None else {
        "sessions_logged": bool(preferred.get("log_bucket") or preferred.get("log_group")),
        "sessions_encrypted": bool(preferred.get("encryption_key")),
    }
    for name, value in told.items():
        yield Record(setting(arn(run, "ssm", "session/*"), name, value), preferred)


def _inputs(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a document chooses; Session Manager writes what nobody chose as an empty text."""
    content = json.loads(answer["Content"])
    chosen = content.get("inputs") or {}
    return {"session_type": content.get("sessionType"), **{
        name: None if chosen.get(member) == "" else chosen.get(member) for name, member in INPUTS.items()
    }}

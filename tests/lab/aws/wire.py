"""The wire of AWS: requests parsed and answers written by botocore's models and moto's serializers.

Nothing here knows an operation by name: the service comes from the credential scope, the operation
and its parameters from the service's model.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

import orjson
from botocore import xform_name
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import NotFound

SCOPE = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]*)/([^/]+)/aws4_request")

# Where the signing name is not the name of the SDK's client.
CLIENTS = {
    "access-analyzer": "accessanalyzer",
    "elasticfilesystem": "efs",
    "elasticmapreduce": "emr",
    "email": "ses",
    "es": "opensearch",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as the service sends it: its code, HTTP status, message and further headers."""

    code: str
    status: int = 400
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes for the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """One HTTP request with the scope of its signature; `region` and `key` are empty where unsigned."""

    request: Request
    body: bytes
    service: str
    region: str
    key: str

    @property
    def environ(self) -> dict[str, Any]:
        """Return the WSGI environment, its body to be read from the start."""
        self.request.environ["wsgi.input"] = io.BytesIO(self.body)
        environ: dict[str, Any] = self.request.environ
        return environ


@dataclass(frozen=True, slots=True)
class Parsed:
    """An operation with its parameters under the names that boto3 gives them."""

    model: Any
    protocol: str
    operation: str
    params: dict[str, Any]


def incoming(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Incoming:
    """Read the credential scope and build the request that the models' router wants."""
    request = Request(_environ(method, target, headers, body), populate_request=False)
    scope = SCOPE.search(headers.get("Authorization", "") or unquote(target))
    key, _, region, signing = scope.groups() if scope else ("", "", "", "")
    return Incoming(request, body, _service(signing, headers, body, target), region, key)


def _environ(method: str, target: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    path, _, query = target.partition("?")
    host, _, port = headers.get("Host", "127.0.0.1").partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        cgi = name.upper().replace("-", "_")
        environ[cgi if cgi in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{cgi}"] = value
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


def _service(signing: str, headers: Mapping[str, str], body: bytes, target: str) -> str:
    if signing == "s3":
        return "s3control" if target.startswith("/v20180820/") else "s3"
    if signing == "sso":
        return "sso-admin" if headers.get("X-Amz-Target", "").startswith("SWB") else "sso"
    if signing == "elasticloadbalancing":
        return "elbv2" if b"Version=2015-12-01" in body else "elb"
    if not signing and b"Version=2011-06-15" in body:
        return "sts"
    return CLIENTS.get(signing, signing)


def parse(item: Incoming) -> Parsed | None:
    """Return the operation that the request names, None where no model has it."""
    try:
        model, labels = get_service_router(item.service).match(item.request)
    except NotFound:
        return None
    service = get_service_model(item.service)
    protocol = determine_request_protocol(service, item.request.content_type)
    request = item.request
    params = PROTOCOL_PARSERS[protocol](model).parse(
        {
            "method": request.method,
            "values": CombinedMultiDict([request.args, request.form]),
            "headers": request.headers,
            "body": item.body,
            "url_path": request.path,
            "url_params": labels,
        }
    )
    return Parsed(model, protocol, spelled(model.name), {k: v for k, v in params.items() if v is not None})


@functools.cache
def spelled(operation: str) -> str:
    """Return an operation's name as boto3 spells it: `ListBackupJobs` is `list_backup_jobs`."""
    name: str = xform_name(operation)
    return name


def write(parsed: Parsed, service: str, result: Mapping[str, Any], request_id: str) -> Answer:
    """Serialise an answer by the operation's output shape."""
    serializer = get_serializer_class(service, parsed.protocol)
    context = SerializationContext(request_id=request_id)
    wire = serializer(operation_model=parsed.model, context=context).serialize(result)
    body = wire["body"] or b""
    headers = {k: str(v) for k, v in wire["headers"].items()}
    return Answer(wire["status_code"], headers, body.encode() if isinstance(body, str) else body)


def write_error(error: ErrorAnswer, service: str, protocol: str, request_id: str) -> Answer:
    """Serialise an error in the shape that the protocol gives errors, modelled or not."""
    code, message = escape(error.code), escape(error.message or error.code)
    inner = f"<Code>{code}</Code><Message>{message}</Message>"
    headers = {"Content-Type": "text/xml", **error.headers}
    if protocol in ("json", "rest-json"):
        content = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
        headers = {"Content-Type": content, "x-amzn-ErrorType": error.code, **error.headers}
        said = {"__type": error.code, "message": error.message or error.code}
        return Answer(error.status, headers, orjson.dumps(said))
    if protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    elif service == "s3":
        text = f"<Error>{inner}<RequestId>{request_id}</RequestId><HostId>lab</HostId></Error>"
    else:
        fault = "Sender" if error.status < 500 else "Receiver"
        inner = f"<Type>{fault}</Type>{inner}"
        text = f"<ErrorResponse><Error>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return Answer(error.status, headers, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())

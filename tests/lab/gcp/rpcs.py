"""The RPCs that the double serves, on the message classes that Google publishes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.cloud import asset_v1
from google.cloud.logging_v2 import types as logging
from google.longrunning import operations_pb2
from google.protobuf import any_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from agent.clients.gcp import messages
from tests.lab.gcp.faults import ErrorAnswer

assert messages.REGISTERED, "what is packed in log entries is registered by the client"


@dataclass(frozen=True, slots=True)
class Rpc:
    """One RPC with its message classes, which are of proto-plus or of protobuf itself."""

    service: str
    name: str
    request: Any
    response: Any

    @property
    def pages(self) -> bool:
        """Return whether it takes a page token."""
        return "page_token" in _bare(self.request).DESCRIPTOR.fields_by_name

    def params(self, data: bytes) -> dict[str, Any]:
        """Return the parameters as the client library spells them."""
        found: dict[str, Any] = MessageToDict(
            _bare(self.request).FromString(data), preserving_proto_field_name=True
        )
        return found

    def bytes(self, answer: dict[str, Any]) -> bytes:
        """Return the answer on the wire; raises `ParseError` for a member that the class does not have."""
        made: bytes = ParseDict(answer, _bare(self.response)()).SerializeToString()
        return made


def _bare(message: Any) -> Any:
    """Return the class of protobuf under one of proto-plus."""
    return message.pb() if hasattr(message, "pb") else message


_CLASSES = (
    ("cloudasset", "google.cloud.asset.v1.AssetService", asset_v1, (
        "SearchAllResources", "SearchAllIamPolicies", "ListAssets", "BatchGetAssetsHistory", "AnalyzeIamPolicy",
    )),
    ("logging", "google.logging.v2.LoggingServiceV2", logging, ("ListLogEntries",)),
    ("logging", "google.logging.v2.ConfigServiceV2", logging, ("ListSinks", "ListExclusions", "ListBuckets")),
    ("logging", "google.logging.v2.MetricsServiceV2", logging, ("ListLogMetrics",)),
)


def _spelt(name: str) -> str:
    """Return `list_log_entries` for `ListLogEntries`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


RPCS: dict[str, Rpc] = {
    f"{prefix}.{_spelt(name)}": Rpc(service, name, getattr(types, f"{name}Request"), getattr(types, f"{name}Response"))
    for prefix, service, types, names in _CLASSES for name in names
}
"""RPCs by the name under which headers declare them."""
RPCS |= {
    "cloudasset.export_assets": Rpc(
        "google.cloud.asset.v1.AssetService", "ExportAssets", asset_v1.ExportAssetsRequest, operations_pb2.Operation
    ),
    "cloudasset.get_operation": Rpc(
        "google.longrunning.Operations", "GetOperation", operations_pb2.GetOperationRequest, operations_pb2.Operation
    ),
}


def handlers(serve: Callable[[str, bytes, Any], bytes]) -> list[Any]:
    """Return what a gRPC server takes: each RPC answered by `serve(call, request, context)`."""
    found: dict[str, dict[str, Any]] = {}
    for call, rpc in RPCS.items():
        def handler(data: bytes, context: Any, call: str = call) -> bytes:
            return serve(call, data, context)

        found.setdefault(rpc.service, {})[rpc.name] = grpc.unary_unary_rpc_method_handler(handler)
    return [grpc.method_handlers_generic_handler(service, methods) for service, methods in found.items()]


def unknown(size: int) -> bytes:
    """Return a member of so many bytes that no message class has."""
    head, left = b"\xc2\x84\x3d", size  # field 125,000, which takes bytes
    while left > 0x7F:
        head, left = head + bytes([left & 0x7F | 0x80]), left >> 7
    return head + bytes([left]) + b" " * size


def abort(context: Any, said: ErrorAnswer) -> None:
    """End the RPC with an error and its details, as Google packs them."""
    details = []
    if said.reason:
        packed = any_pb2.Any()
        packed.Pack(error_details_pb2.ErrorInfo(
            reason=said.reason, domain="googleapis.com", metadata=dict(said.metadata)
        ))
        details.append(packed)
    if said.retry_after:
        packed = any_pb2.Any()
        info = error_details_pb2.RetryInfo()
        info.retry_delay.FromMilliseconds(int(said.retry_after * 1000))
        packed.Pack(info)
        details.append(packed)
    number = code_pb2.Code.Value(said.code)
    context.abort_with_status(
        rpc_status.to_status(status_pb2.Status(code=number, message=said.message, details=details))
    )

"""Messages of the client libraries as plain dicts, as Google's JSON has them."""

from __future__ import annotations

import base64
from typing import Any

# The types that arrive packed in a log entry: registered by being imported.
from google.cloud.appengine_logging_v1.types import request_log as _request_log
from google.cloud.audit import audit_log_pb2 as _audit_log
from google.iam.v1.logging import audit_data_pb2 as _audit_data
from google.protobuf import any_pb2, descriptor_pool, struct_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

REGISTERED = (_request_log, _audit_log, _audit_data)
"""Modules whose messages can be read inside of others."""


def plain(message: Any) -> dict[str, Any]:
    """Return a message as Google's JSON has it; what is packed inside and of an unknown type stays as base64."""
    pb = getattr(type(message), "pb", None)
    inner = pb(message) if pb is not None else message
    try:
        found: dict[str, Any] = MessageToDict(inner)
    except TypeError:
        _open(inner)
        found = MessageToDict(inner)
    return found


def _open(message: Any) -> None:
    """Replace each packed message of an unknown type by a struct that names the type and keeps the bytes."""
    if isinstance(message, any_pb2.Any):
        _unpack(message)
        return
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name["value"]
            each = list(value.values()) if inner.type == FieldDescriptor.TYPE_MESSAGE else []
        else:
            each = [value] if hasattr(value, "ListFields") else list(value)
        for one in each:
            _open(one)


def _unpack(packed: any_pb2.Any) -> None:
    name = packed.type_url.rpartition("/")[2]
    try:
        inner = GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))()
        inner.ParseFromString(packed.value)
    except (KeyError, DecodeError):
        kept = struct_pb2.Struct()
        kept.update({"type": packed.type_url, "base64": base64.b64encode(packed.value).decode()})
        packed.Pack(kept)
        return
    _open(inner)
    packed.Pack(inner)

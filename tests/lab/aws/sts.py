"""Who asks: the identity operations that every account has, and the refusal of keys that are nobody's."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.aws.faults import expired_credentials, region_not_enabled
from tests.lab.aws.wire import ErrorAnswer, Parsed

if TYPE_CHECKING:
    from tests.lab.aws.answers import Context

_serial = itertools.count(1)


def get_caller_identity(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Answer with the account of the access key, as a role's session or as the user `lab`."""
    account, key = context.account, context.call.key
    name = context.double.roles.get(key, "user/lab") if key in context.double.sessions else "user/lab"
    service = "sts" if name.startswith("assumed-role") else "iam"
    return {"Account": account, "UserId": f"AIDA{account}", "Arn": f"arn:aws:{service}::{account}:{name}"}


def assume_role(params: dict[str, Any], context: Context) -> dict[str, Any] | ErrorAnswer:
    """Answer with keys of a session in the role's account."""
    arn = str(params["RoleArn"])
    account, role = arn.split(":")[4], arn.partition(":role/")[2].rsplit("/", 1)[-1]
    double = context.double
    if double.accounts and account not in double.accounts.values():
        message = f"User is not authorized to perform: sts:AssumeRole on resource: {arn}"
        return ErrorAnswer("AccessDenied", 403, message)
    key, session = f"ASIALAB{next(_serial):013d}", params["RoleSessionName"]
    double.sessions[key] = account
    double.roles[key] = f"assumed-role/{role}/{session}"
    expires = datetime.now(UTC) + timedelta(seconds=int(params.get("DurationSeconds", 3600)))
    credentials = {"AccessKeyId": key, "SecretAccessKey": "lab", "SessionToken": "lab", "Expiration": expires}
    user = {"AssumedRoleId": f"AROALAB:{session}", "Arn": f"arn:aws:sts::{account}:{double.roles[key]}"}
    return {"Credentials": credentials, "AssumedRoleUser": user}


HANDLERS: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "get_caller_identity": get_caller_identity,
    "assume_role": assume_role,
}


def refusal(service: str, parsed: Parsed, *, known: bool, revoked: bool) -> ErrorAnswer | None:
    """Return the error for a key that nobody has, or whose session is over."""
    if known and not revoked:
        return None
    fault = expired_credentials() if revoked else region_not_enabled()
    return fault.says(service, parsed) if fault.says else None

"""What happened in the tenant as Microsoft Graph tells it: access reviews, sign-ins, changes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.lab.directory import Decision, Happening, Member, Review
from tests.lab.entra.tenant import Ids, Params, pages
from tests.lab.estate import Estate
from tests.lab.told import Paged, Table, stamp

table = Table()
NOBODY = {"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""}
DEFINITIONS = "identity_governance.access_reviews.definitions"
_WHEN = re.compile(r"DateTime (ge|le) (\S+)")


@table.on(DEFINITIONS)
def _definitions(estate: Estate, ids: Ids, params: Params) -> Paged:
    first = {one.definition: one for one in reversed(estate.directory.reviews)}
    return pages(list(first.values()), params, lambda one: {
        "id": one.definition, "displayName": one.name, "status": "InProgress",
        "createdDateTime": stamp(one.starts), "scope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope", "queryType": "MicrosoftGraph",
            "query": f"/groups/{estate.directory.groups[one.group]}/transitiveMembers",
        },
        "settings": {"autoApplyDecisionsEnabled": True, "defaultDecisionEnabled": False, "instanceDurationInDays": 14},
    })


@table.on(f"{DEFINITIONS}.item.instances")
def _instances(estate: Estate, ids: Ids, params: Params) -> Paged:
    here = [one for one in estate.directory.reviews if one.definition == ids[0]]
    return pages(here, params, lambda one: {
        "id": one.id, "startDateTime": stamp(one.starts), "endDateTime": stamp(one.ends), "status": one.status,
    })


@table.on(f"{DEFINITIONS}.item.instances.item.decisions")
def _decisions(estate: Estate, ids: Ids, params: Params) -> Paged:
    review = next(one for one in estate.directory.reviews if (one.definition, one.id) == ids)
    return pages(review.decisions, params, lambda one: _decision(review, one))


def _identity(one: Member) -> dict[str, Any]:
    return {"id": one.id, "displayName": one.display, "userPrincipalName": one.upn}


def _decision(review: Review, one: Decision) -> dict[str, Any]:
    result = "New" if one.applied is None else "AppliedSuccessfully" if one.applied else "ApplyNotSupported"
    return {
        "id": one.id, "accessReviewId": review.id, "decision": one.verdict, "recommendation": "Approve",
        "reviewedDateTime": stamp(one.at), "reviewedBy": _identity(one.reviewer) if one.reviewer else NOBODY,
        "applyResult": result, "appliedBy": NOBODY,
        "principal": {"@odata.type": "#microsoft.graph.userIdentity", **_identity(one.member)},
    }


def _within(found: tuple[Happening, ...], params: Params) -> list[Happening]:
    """Return what happened within the window of a filter, newest first."""
    span = {sign: datetime.fromisoformat(text) for sign, text in _WHEN.findall(params.get("$filter", ""))}
    at: Callable[[Happening], datetime] = lambda one: one.at  # noqa: E731 a type for the key of two calls
    first = bisect_left(found, span["ge"], key=at) if "ge" in span else 0
    last = bisect_right(found, span["le"], key=at) if "le" in span else len(found)
    return list(found[first:last])[::-1]


@table.on("audit_logs.sign_ins")
def _sign_ins(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages(_within(estate.directory.sign_ins, params), params, sign_in, size=1000)


def sign_in(one: Happening) -> dict[str, Any]:
    """Return a sign-in as Graph tells it."""
    return {
        "id": one.id, "createdDateTime": stamp(one.at), "userDisplayName": one.actor.display,
        "userPrincipalName": one.actor.upn, "userId": one.actor.id, "appDisplayName": one.target,
        "ipAddress": one.address, "clientAppUsed": one.client, "isInteractive": True,
        "conditionalAccessStatus": "success", "riskState": "none",
        "status": {"errorCode": 50126 if one.failed else 0,
                   "failureReason": "Invalid username or password" if one.failed else "Other."},
    }


@table.on("audit_logs.directory_audits")
def _changes(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages(_within(estate.directory.changes, params), params, lambda one: {
        "id": one.id, "activityDateTime": stamp(one.at), "activityDisplayName": one.action,
        "category": "UserManagement", "loggedByService": "Core Directory",
        "result": "failure" if one.failed else "success",
        "initiatedBy": {"user": {**_identity(one.actor), "ipAddress": one.address}, "app": None},
        "targetResources": [{"id": one.target, "displayName": one.target, "type": "User", **_consent(one)}],
    }, size=1000)


def _consent(one: Happening) -> dict[str, Any]:
    if one.action != "Consent to application":
        return {}
    return {"type": "ServicePrincipal", "modifiedProperties": [
        {"displayName": "ConsentContext.IsAdminConsent", "oldValue": None, "newValue": f'"{one.admin}"'},
    ]}

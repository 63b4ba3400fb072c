"""How operations page, against botocore's own models."""

from __future__ import annotations

import itertools
from typing import Any

import botocore.session
import pytest

from agent.clients.aws.tokens import Cycle, Paging, Pagings, TokenLostError, TokenRepeatedError
from agent.clients.aws.wire import paginators

SESSION = botocore.session.get_session()

# Operations with a token and no paginator, with the members that botocore's documentation gives for it.
UNPAGINATED = {
    "cloudtrail.ListEventDataStores": ("NextToken", "NextToken"),
    "cloudtrail.GetQueryResults": ("NextToken", "NextToken"),
    "cloudtrail.ListChannels": ("NextToken", "NextToken"),
    "logs.DescribeAccountPolicies": ("nextToken", "nextToken"),
    "guardduty.ListPublishingDestinations": ("NextToken", "NextToken"),
    "backup.ListFrameworks": ("NextToken", "NextToken"),
    "backup.ListReportPlans": ("NextToken", "NextToken"),
    "backup.ListReportJobs": ("NextToken", "NextToken"),
    "backup.ListRestoreJobSummaries": ("NextToken", "NextToken"),
    "backup.ListBackupJobSummaries": ("NextToken", "NextToken"),
    "resiliencehub.ListApps": ("nextToken", "nextToken"),
    "iam.GetServiceLastAccessedDetails": ("Marker", "Marker"),
    "iam.GetOrganizationsAccessReport": ("Marker", "Marker"),
    "config.GetDiscoveredResourceCounts": ("nextToken", "nextToken"),
    "config.GetAggregateDiscoveredResourceCounts": ("NextToken", "NextToken"),
    "ssm.ListInventoryEntries": ("NextToken", "NextToken"),
    "auditmanager.ListAssessments": ("nextToken", "nextToken"),
    "s3control.ListAccessPoints": ("NextToken", "NextToken"),
    "codecommit.ListApprovalRuleTemplates": ("nextToken", "nextToken"),
    "cloudformation.DescribeStackResourceDrifts": ("NextToken", "NextToken"),
    "compute-optimizer.GetEC2InstanceRecommendations": ("nextToken", "nextToken"),
}


def paging(call: str) -> Paging:
    service, _, operation = call.partition(".")
    return Pagings(paginators).of(SESSION.get_service_model(service), operation)


@pytest.mark.parametrize("call", UNPAGINATED)
def test_an_operation_with_a_token_and_no_paginator(call: str) -> None:
    given, told = UNPAGINATED[call]
    assert paging(call).inputs == (given,)
    assert paging(call).after({told: "more"}) == {given: "more"}
    assert paging(call).after({told: ""}) == {}
    assert paging(call).after({}) == {}


@pytest.mark.parametrize("call", ["iam.GetAccountPasswordPolicy", "cloudtrail.DescribeTrails", "sts.GetCallerIdentity"])
def test_an_operation_without_pages(call: str) -> None:
    assert paging(call) == Paging()
    assert paging(call).after({"NextToken": "x"}) == {}


def test_a_marker_that_says_itself_whether_there_is_more() -> None:
    users = paging("iam.ListUsers")
    assert users.after({"IsTruncated": True, "Marker": "m"}) == {"Marker": "m"}
    assert users.after({"IsTruncated": False, "Marker": "m"}) == {}
    with pytest.raises(TokenLostError):
        users.after({"IsTruncated": True})
    report = paging("iam.GetServiceLastAccessedDetails")
    assert report.after({"IsTruncated": False, "Marker": "m"}) == {}


def test_tokens_of_several_members() -> None:
    versions = paging("s3.ListObjectVersions")
    page = {"IsTruncated": True, "NextKeyMarker": "k", "NextVersionIdMarker": "v"}
    assert versions.after(page) == {"KeyMarker": "k", "VersionIdMarker": "v"}


def test_every_paginator_of_the_sdk_is_understood() -> None:
    for service in SESSION.get_available_services():
        for operation in paginators(service):
            found = Pagings(paginators).of(SESSION.get_service_model(service), operation)
            assert found.inputs, f"{service}.{operation}"
            assert found.after({}) == {}


@pytest.mark.parametrize("length", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("before", [0, 1, 5, 64])
def test_a_circle_of_tokens_is_found(length: int, before: int) -> None:
    def tokens() -> Any:
        yield from (f"straight-{n}" for n in range(before))
        yield from itertools.cycle(f"round-{n}" for n in range(length))

    def follow() -> None:
        cycle = Cycle()
        for token in itertools.islice(tokens(), 4 * (before + length) + 4):
            cycle.check({"NextToken": token})

    with pytest.raises(TokenRepeatedError):
        follow()


def test_a_straight_line_of_tokens_is_none() -> None:
    cycle = Cycle()
    for number in range(10_000):
        cycle.check({"NextToken": str(number)})

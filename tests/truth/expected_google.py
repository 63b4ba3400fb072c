"""What a true tool says of the estate in Google Cloud, worked out from the estate alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.lab.estate import Estate
from tests.truth.expected import after, audit_period, quarter

POWER = ("roles/owner", "roles/editor")
EVERYBODY = ("allUsers", "allAuthenticatedUsers")


def counts(estate: Estate) -> dict[str, int]:
    """Return how many records each collector has to bring."""
    google = estate.google
    used = [one for one in google.projects if not google.off("sqladmin", one.id)]
    databases = [one for project in used for one in google.of("databases", project.id)]
    kept = [one for one in google.backups if one.resource in databases]
    tops = len(google.projects) + 2  # with the folder and the organization
    since = estate.now - timedelta(days=399)
    return {
        "gcp.projects": len(google.projects),
        "gcp.asset_search": len(google.things) + len(google.projects),
        "gcp.iam_policies": sum(len(one.members) for one in google.bindings),
        "gcp.service_accounts": len(google.robots),
        "gcp.sql_backups": len(kept) + len(databases),  # each run, and each database with its newest
        "gcp.sql_restores": len([one for one in google.restores if one.resource in databases]),
        "gcp.gke_backups": len(google.backups) - len(kept),
        "gcp.gke_restores": len([one for one in google.restores if one.resource not in databases]),
        "gcp.audit_logs": len([one for one in google.entries if one.at >= since]),
        "gcp.log_sinks": tops + len(google.file["sinks"]),
        "gcp.log_buckets": 2 * tops + len(google.file["log_buckets"]),
        "gcp.scc_findings": len(google.alarms),
        "gcp.vpc_flow_logs": len(google.projects),
    }


def people_with_power(estate: Estate) -> int:
    """Return how many people hold a strong role by themselves."""
    return len([
        member for one in estate.google.bindings if one.role in POWER
        for member in one.members if member.startswith("user:")
    ])


def strangers(estate: Estate) -> int:
    """Return how many roles are bound to everybody, to private accounts and to accounts that were deleted."""
    members = [member for one in estate.google.bindings for member in one.members]
    return len([one for one in members if one in EVERYBODY or one.endswith("@gmail.com") or one.startswith("deleted:")])


def restore_quarters(estate: Estate, project: str) -> dict[datetime, bool]:
    """Return for each ended quarter owed to the audit whether something of a project was restored in it."""
    first, last = audit_period(estate)
    zone = first.tzinfo
    assert isinstance(zone, ZoneInfo)
    jobs = [one for one in estate.google.restores if one.resource.project.id == project and one.succeeded]
    done = {quarter(one.ended, zone) for one in jobs}
    found, start = {}, quarter(first, zone)
    while after(start, 3) <= min(last, estate.now):
        found[start] = start in done
        start = after(start, 3)
    return found


def denied(estate: Estate) -> set[tuple[str, str]]:
    """Return the projects whose calls are refused, with the pattern of the calls."""
    return {(one["project"], one["calls"]) for one in estate.google.file["denied"]}

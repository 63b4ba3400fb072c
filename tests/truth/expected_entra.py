"""What a true tool says of the directory, worked out from the estate alone."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.lab.directory import Review
from tests.lab.estate import Estate
from tests.truth.expected import after, audit_period, quarter

LATER = timedelta(hours=2)
"""How long after the estate's instant the agent begins to read."""
WORDS = {"Approve": "approved", "Deny": "denied", "NotReviewed": "not_reviewed"}


def counts(estate: Estate) -> dict[str, int]:
    """Return how many records each collector has to bring."""
    tenant = estate.directory
    applied = [one for one in tenant.held if one.how != "Eligible"]
    began = estate.now + LATER
    month = began - timedelta(days=29)
    return {
        "entra.users": len(tenant.members),
        "entra.user_activity": len(tenant.members),
        "entra.mfa_registration": len([one for one in tenant.members if one.enabled]),
        "entra.groups": len(tenant.groups),
        "entra.apps_credentials": 2 * len(tenant.applications),
        "entra.devices": len(tenant.devices),
        "entra.directory_roles": len(applied),
        "entra.pim_directory_roles": len(tenant.held),
        "entra.access_reviews": sum(len(one.decisions) or 1 for one in tenant.reviews),
        "entra.signin_logs": len([one for one in tenant.sign_ins if one.at >= month]),
        "entra.directory_audits": len([one for one in tenant.changes if one.at >= week(estate)]),
    }


def changes_amiss(estate: Estate) -> int:
    """Return how many changes of the last week past the rules the file names: each of its events is one."""
    return len([one for one in estate.directory.file["events"] if estate.ago(one["age"]) > week(estate)])


def policies_amiss(estate: Estate) -> int:
    """Return what is amiss with conditional access: nothing asks for a second factor, or a policy leaves guests out."""
    found = [one for one in estate.directory.file["policies"] if one["state"] == "enabled"]
    asked = any("mfa" in one["controls"] for one in found)
    return int(not asked) + len([one for one in found if "without" in one])


def week(estate: Estate) -> datetime:
    """Return since when the audit log of the directory is read."""
    return estate.now + LATER - timedelta(days=7)


def verdicts(estate: Estate, name: str, first: date, last: date) -> dict[str, int]:
    """Return how often each thing was decided in a review between two days; undecided ones count from its start."""
    found: Counter[str] = Counter()
    for review in estate.directory.reviews:
        for one in review.decisions:
            at = (one.at or review.starts).date()
            if review.name == name and first <= at < last:
                found[WORDS[one.verdict]] += 1
    return dict(found)


def whole(review: Review) -> bool:
    """Return whether a review is finished and nothing in it was left undecided."""
    return review.status == "Applied" and all(one.reviewer for one in review.decisions)


def review_quarters(estate: Estate) -> dict[datetime, bool]:
    """Return for each ended quarter owed to the audit whether a whole review has a decision in it."""
    first, last = audit_period(estate)
    zone = first.tzinfo
    assert isinstance(zone, ZoneInfo)
    done = {quarter(one.at, zone) for review in estate.directory.reviews if whole(review)
            for one in review.decisions if one.at}
    found, start = {}, quarter(first, zone)
    while after(start, 3) <= min(last, estate.now):
        found[start] = start in done
        start = after(start, 3)
    return found


def review_exceptions(estate: Estate) -> int:
    """Return how many exceptions the reviews of the audit period have: overdue, undecided, refused and not applied."""
    first, _ = audit_period(estate)
    found = 0
    for review in estate.directory.reviews:
        if review.ends >= estate.now:
            continue
        overdue = review.status != "Applied"
        bare = overdue and not review.decisions
        found += 2 * int(bare)  # it went on after its end, and nothing in it is decided
        for one in review.decisions:
            if (one.at or review.starts) >= first:
                found += int(one.reviewer is None)
                found += int(one.verdict == "Deny" and not one.applied)
    return found

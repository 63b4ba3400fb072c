"""What a true tool says of the subscriptions, worked out from the estate alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.lab.estate import Estate
from tests.lab.governed import ROLES
from tests.lab.vaults import Job
from tests.truth.expected import after, audit_period, quarter
from tests.truth.expected_entra import LATER

POWER = ("Owner", "Contributor")


def counts(estate: Estate) -> dict[str, int]:
    """Return how many records each collector has to bring."""
    held = estate.subscriptions
    since = estate.now + LATER - timedelta(days=89)
    events = [one for one in held.events if one.at >= since]
    return {
        "azure.subscriptions": len(held.all),
        "azure.resource_graph_inventory": len(held.things),
        "azure.role_assignments": len(held.given),
        "azure.activity_log": len([one for one in events if one.subscription]),
        "azure.tenant_activity_log": len([one for one in events if not one.subscription]),
        "azure.patch_status": len(held.of("machines")),
        "azure.backup_jobs": len(jobs(estate, "Backup")),
        "azure.restore_jobs": len(jobs(estate, "Restore")),
        "azure.site_recovery_drills": len(held.replicas),  # each was tried once at most
        "azure.pim_resource_roles": len(held.given) + len(held.eligible),
        "azure.resource_access_reviews": sum(len(one.decisions) or 1 for one in held.reviews),
    }


def resources_told(estate: Estate) -> dict[str, int]:
    """Return of how many resources each collector of settings has to tell."""
    held = estate.subscriptions
    vaults = held.of("recovery_vaults") + held.of("backup_vaults")
    saved = len([one for one in held.things if one.backed_up])
    return {
        "azure.vault_protection": 2 * len(vaults),  # each has one policy
        "azure.sql_backup_audit": len(held.of("servers")) + len(held.of("databases")),
        "azure.backup_coverage": saved + sum(len(held.of(one)) for one in ("machines", "disks", "sql_machines")),
        "azure.replicated_servers": len(held.replicas),
        "azure.policy_assignments": len(held.file["policies"]) + len(held.file["exemptions"]),
        "azure.pim_resource_policies": len(ROLES) * len(held.all),
    }


def jobs(estate: Estate, kind: str) -> list[Job]:
    """Return the jobs of a kind that Azure still tells: 120 days of a Recovery Services vault, as far as it is asked."""
    kept = estate.now - timedelta(days=int(estate.subscriptions.file["kept"]))
    asked = estate.now + LATER - timedelta(days=120)
    return [
        one for one in estate.subscriptions.jobs
        if one.kind == kind and one.at >= (asked if one.vault.type.startswith("Microsoft.Recovery") else kept)
    ]


def unmended(found: list[Job]) -> list[Job]:
    """Return the jobs that failed and that no later success of the same resource made good."""
    return [one for one in found if not one.succeeded and not any(
        later.succeeded and later.resource == one.resource and later.ended > one.ended for later in found)]


def unprotected(estate: Estate, subscription: str) -> set[tuple[str, str]]:
    """Return the kinds and names of machines that no vault protects, and of disks and SQL servers of no such machine."""
    held = estate.subscriptions
    saved = {one.name for one in held.of("machines", subscription) if one.backed_up}
    bare = [one for section in ("machines", "disks", "sql_machines") for one in held.of(section, subscription)
            if not one.backed_up and one.traits.get("machine") not in saved]
    return {(one.type.rpartition("/")[2], one.name) for one in bare}


def quarters(estate: Estate, times: list[datetime]) -> dict[datetime, bool]:
    """Return for each ended quarter owed to the audit whether one of these instants lies in it."""
    first, last = audit_period(estate)
    zone = first.tzinfo
    assert isinstance(zone, ZoneInfo)
    done, found, start = {quarter(one, zone) for one in times}, {}, quarter(first, zone)
    while after(start, 3) <= min(last, estate.now):
        found[start] = start in done
        start = after(start, 3)
    return found


def reviewed(estate: Estate, subscription: str) -> list[datetime]:
    """Return when something was decided in a finished review of roles in which nothing was left undecided."""
    return [
        one.at for review in estate.subscriptions.reviews
        if review.subscription.id == subscription and all(each.reviewer for each in review.decisions)
        for one in review.decisions if one.at
    ]


def people_with_power(estate: Estate, subscription: str) -> int:
    """Return how many people hold a strong role on a subscription by themselves."""
    return len([
        one for one in estate.subscriptions.given
        if one.subscription.id == subscription and one.kind == "User" and one.role in POWER
    ])


def granted_to_nobody(estate: Estate, subscription: str) -> int:
    """Return how many roles on a subscription are held by somebody whom the directory does not know any more."""
    return len([
        one for one in estate.subscriptions.given if one.subscription.id == subscription and one.kind == "Unknown"
    ])

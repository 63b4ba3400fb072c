"""One budget for an account, a tenant or a quota project, whichever scope asks; its waiting is shown in the metrics."""

from __future__ import annotations

from prometheus_client import generate_latest

from agent.clients import Deadline, Witness
from agent.clients.aws.provider import AwsProvider
from agent.clients.aws.rates import Throttle
from agent.clients.aws.scope import AwsScope
from agent.clients.entra.provider import EntraProvider
from agent.clients.entra.scope import EntraScope
from agent.clients.entra.throttle import Throttle as GraphThrottle
from agent.clients.gcp.provider import GcpProvider
from agent.clients.gcp.scope import GcpScope
from agent.clients.throttle import SHARED, Budgets
from agent.schedule.health import Health
from tests.clients.conftest import BOUNDARY, HEADER, vaults
from tests.lab.aws import faults
from tests.lab.aws.double import ACCOUNT, Double
from tests.lab.entra.double import TENANT

FAMILY = "eu-west-1 backup"


def scope(double: Double, name: str) -> AwsProvider:
    return AwsProvider(AwsScope(name=name, endpoint=double.url, regions=("eu-west-1",)))


def read(provider: AwsProvider) -> list[str]:
    client = provider.open(BOUNDARY, "eu-west-1", Witness(HEADER), Deadline.after(60))
    return vaults(client)


def test_a_refusal_that_the_sdk_sat_out_slows_every_scope_of_the_account(double: Double) -> None:
    one, other = scope(double, "one"), scope(double, "other")
    double.fault("backup.list_backup_vaults", faults.throttle(times=1))
    assert len(read(one)) == 9
    (told,) = SHARED.told()
    assert (told.provider, told.budget, told.family, told.refused) == ("aws", ACCOUNT, FAMILY, 1)
    before = SHARED.of("aws", ACCOUNT, Throttle)
    assert dict(before.families())[FAMILY].share < 1.0, "it grows back by a twentieth with each answer"
    assert len(read(other)) == 9
    assert SHARED.of("aws", ACCOUNT, Throttle) is before
    assert [one.family for one in SHARED.told()] == [FAMILY]


def test_what_was_never_refused_is_told_of_nobody(double: Double) -> None:
    assert len(read(scope(double, "one"))) == 9
    assert list(SHARED.told()) == []


def test_scopes_of_one_tenant_share_and_those_of_two_do_not() -> None:
    one, same, other = (
        EntraProvider(EntraScope(name=name, tenant=tenant))._wire.throttle
        for name, tenant in (("a", TENANT), ("b", TENANT), ("c", "other.example"))
    )
    assert one is same
    assert one is not other
    assert isinstance(one, GraphThrottle)


def test_scopes_of_one_quota_project_share() -> None:
    one, same, other = (
        GcpProvider(GcpScope(name=name, parent="projects/p", quota_project=project))._wire.throttle
        for name, project in (("a", "shared"), ("b", "shared"), ("c", "own"))
    )
    assert one is same
    assert one is not other


def test_waiting_and_refusals_are_in_the_metrics() -> None:
    now = [0.0]
    budgets = Budgets()
    throttle = budgets.of("aws", ACCOUNT, Throttle)
    throttle.clock = lambda: now[0]
    throttle.refuse("eu-west-1", "backup.list_backup_vaults", 4.0, 0)
    assert throttle.turn("eu-west-1", "backup.list_backup_vaults") == 4.0
    text = generate_latest(Health(budgets=budgets).registry).decode()
    labels = f'{{budget="{ACCOUNT}",family="{FAMILY}",provider="aws"}}'
    for line in (f"annexa_throttle_wait_seconds_total{labels} 4.0", f"annexa_throttle_refusals_total{labels} 1.0",
                 f"annexa_throttle_share{labels} 0.5"):
        assert line in text.splitlines()

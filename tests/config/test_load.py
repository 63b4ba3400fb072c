from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import botocore
import pytest
import yaml

from agent.config import AwsScope, GcpScope, Members, Scope, Secret, audits, digest, dump, find, load
from agent.config.regions import KNOWN
from agent.errors import ConfigurationError
from agent.model import Window
from tests.config.helpers import BASE, config, mistakes, written

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "SLACK_URL": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "ANNEXA_EXTERNAL_ID": "ext-4711",
    "ANNEXA_ALERT_URL": "json://127.0.0.1/alerts",
}


def midnight(year: int, month: int, day: int, offset: int) -> datetime:
    """The instant at which a day begins where clocks are `offset` hours ahead of UTC."""
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=offset)


def test_the_file_is_the_one_named_then_the_variable_then_the_folder(tmp_path: Path) -> None:
    for name in ("annexa.yaml", "named.yaml", "variable.yaml"):
        (tmp_path / name).write_text(BASE)
    environ = {"ANNEXA_CONFIG": str(tmp_path / "variable.yaml")}
    assert find(Path("named.yaml"), environ, tmp_path) == tmp_path / "named.yaml"
    assert find(None, environ, tmp_path) == tmp_path / "variable.yaml"
    assert find(None, {"ANNEXA_CONFIG": ""}, tmp_path) == tmp_path / "annexa.yaml"
    assert find(tmp_path, {}, tmp_path.parent) == tmp_path / "annexa.yaml"


def test_no_file_says_where_it_was_looked_for_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(None, {"ANNEXA_CONFIG": "/absent.yaml"}, tmp_path)
    assert caught.value.line().startswith("there is no configuration file /absent.yaml (from ANNEXA_CONFIG). Write one")


def test_the_full_example_says_what_it_says() -> None:
    found = load(ROOT / "config" / "annexa.yaml", OUTSIDE)
    assert found.organization == "Example Ltd"
    assert found.data == ROOT / "config" / "annexa-data"
    assert found.certificate is not None
    assert found.certificate.end == date(2027, 12, 12)
    prod, sandbox, gcp, azure, corp = found.scopes
    assert isinstance(prod, AwsScope)
    assert (prod.account_id, prod.external_id, prod.regions) == (
        "123456789012",
        "ext-4711",
        ("eu-west-1", "us-east-1"),
    )
    assert prod.connected == midnight(2025, 6, 1, 2)
    assert not prod.collectors.runs("aws.drs_drills")
    assert prod.collectors.runs("aws.iam_users")
    assert [scope.in_isms for scope in found.scopes] == [True, False, True, True, True]
    assert isinstance(sandbox, AwsScope)
    assert sandbox.regions == ()
    assert isinstance(gcp, GcpScope)
    assert [scope.provider for scope in (gcp, azure, corp)] == ["gcp", "azure", "entra"]
    assert found.schedules.every("aws.cloudtrail_trails") == timedelta(hours=6)
    assert found.schedules.every("aws.iam_users") == timedelta(days=1)
    officer, iam = found.alerts.routes
    assert officer.digest == timedelta(days=1)
    assert len(officer.on) == 8
    assert iam.to.reveal() == OUTSIDE["SLACK_URL"]
    assert found.warnings == ()


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("a*.yaml")), ids=lambda path: path.name)
def test_every_example_loads_without_a_warning(path: Path) -> None:
    assert load(path, OUTSIDE).warnings == ()


def test_a_region_that_is_nearly_a_known_one_is_a_warning_and_a_new_one_is_none(tmp_path: Path) -> None:
    text = "organization: E\ntimezone: UTC\nscopes: [{name: a, provider: aws, regions: [eu-wst-1, eu-west-1, xx-new-9]}]\n"
    assert written(tmp_path, text).warnings == (
        f"{tmp_path}/annexa.yaml:3:45: this version knows no AWS region 'eu-wst-1'. Did you mean eu-west-1?",
    )


def test_the_known_regions_are_those_of_the_sdk() -> None:
    data = Path(botocore.__file__).parent / "data" / "endpoints.json"
    there_are = {name for one in json.loads(data.read_bytes())["partitions"] for name in one["regions"]}
    assert {name for name in there_are if not name.endswith("-global")} <= KNOWN


def test_the_page_names_every_key() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for key in ("`external_id`", "`before_audit`", "`member_role`", "`concurrency`", "`grace`"):
        assert f"| {key} |" in page


def test_the_exact_id_beats_the_longest_pattern_beats_the_default() -> None:
    schedules = config("schedules: {default: P7D, 'aws.*': P2D, 'aws.iam_*': PT6H, aws.iam_users: PT1H}").schedules
    assert schedules.every("aws.iam_users") == timedelta(hours=1)
    assert schedules.every("aws.iam_roles") == timedelta(hours=6)
    assert schedules.every("aws.s3_buckets") == timedelta(days=2)
    assert schedules.every("gcp.assets") == timedelta(days=7)
    assert config("").schedules.every("aws.iam_users") is None


def test_an_organization_is_true_or_a_mapping() -> None:
    def organization(value: str) -> Members | None:
        scope = config(f"scopes: [{{name: a, provider: aws, organization: {value}}}]").scopes[0]
        assert isinstance(scope, AwsScope)
        return scope.organization

    assert organization("true") == Members()
    assert organization("false") is None
    assert organization("{accounts: ['012345678901'], member_role: audit}") == Members(
        accounts=("012345678901",), member_role="audit"
    )
    assert organization("{accounts: all, exclude: [111111111111]}") == Members(exclude=("111111111111",))


def test_values_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql+psycopg://annexa:pw@db/annexa\n")
    found = written(
        tmp_path,
        "organization: $${NAME} of ${NAME}\ntimezone: ${TZ}\ndatabase: ${file:url}\nserve: {port: '${PORT}'}\n"
        "scopes: [{name: a, provider: aws, in_isms: '${IN}', account_id: '${ACCOUNT}'}]\n",
        {"NAME": "Example: #1 [x]", "TZ": "UTC", "PORT": "9000", "IN": "false", "ACCOUNT": "012345678901"},
    )
    assert found.organization == "${NAME} of Example: #1 [x]"
    assert found.serve.port == 9000
    assert found.database is not None
    assert found.database.reveal() == "postgresql+psycopg://annexa:pw@db/annexa"
    assert found.scopes[0].in_isms is False
    assert isinstance(found.scopes[0], AwsScope)
    assert found.scopes[0].account_id == "012345678901"


def test_what_the_environment_says_wrongly_is_not_repeated() -> None:
    lines = mistakes("tsa: ['${TSA}']\nserve: {port: '${PORT}'}", {"TSA": "hunter2", "PORT": "hunter3"})
    assert len(lines) == 2
    assert "not what ${TSA} holds" in lines[0]
    assert "not the variable in ${PORT}" in lines[1]
    assert "hunter" not in "".join(lines)


def test_a_secret_lands_nowhere() -> None:
    token = "slack://T1/B2/" + "s3cr3t"
    found = config("alerts: {routes: [{to: '${URL}'}]}", {"URL": token})
    secret = found.alerts.routes[0].to
    shown = [repr(found), str(found), f"{secret}", f"{secret!r:>5}", str(asdict(found.alerts)), json.dumps(dump(found))]
    assert not any("s3cr3t" in text for text in shown)
    assert dump(found)["alerts"]["routes"][0]["to"] == "${URL}"
    for write in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            write(secret)
    assert copy.deepcopy(secret) is secret
    assert secret == Secret(token)
    assert secret != token


def test_the_digest_follows_the_effective_values_and_not_the_spelling_or_the_secret() -> None:
    route = "alerts: {routes: [{to: '${URL}'}]}\n"
    base = digest(config(route, {"URL": "json://a"}))
    assert base.startswith("sha256:")
    assert len(base) == 71
    assert digest(config(f"# a comment\n{route}", {"URL": "json://a"})) == base
    assert digest(config(f"serve: {{port: 8080}}\n{route}", {"URL": "json://a"})) == base, "a default, said aloud"
    assert digest(config(route, {"URL": "json://rotated"})) == base
    assert digest(config(route, {"URL": "json://a"}, folder="/elsewhere")) == base
    assert digest(config(f"serve: {{port: 8081}}\n{route}", {"URL": "json://a"})) != base
    assert digest(config("alerts: {routes: [{to: '${URL2}'}]}", {"URL2": "json://a"})) != base


def test_the_dump_of_a_configuration_loads_as_the_same(tmp_path: Path) -> None:
    found = written(tmp_path, (ROOT / "config" / "annexa.yaml").read_text("utf-8"), OUTSIDE)
    said = dump(found)
    said["alerts"]["routes"][0]["to"] = found.alerts.routes[0].to.reveal()
    assert written(tmp_path, yaml.safe_dump(said, sort_keys=False), OUTSIDE) == found


@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_a_token_in_a_file_that_others_can_read_is_a_warning(tmp_path: Path, mode: int, count: int) -> None:
    path = tmp_path / "annexa.yaml"
    path.write_text(f"{BASE}alerts: {{routes: [{{to: 'pover://user@token'}}]}}\n")
    path.chmod(mode)
    warnings = load(path, {}).warnings
    assert len(warnings) == count
    assert all(f"chmod 600 {path}" in line for line in warnings)
    path.write_text(f"{BASE}alerts: {{routes: [{{to: '${{URL}}'}}]}}\n")
    assert load(path, {"URL": "pover://user@token"}).warnings == ()


def test_scopes_compare_by_value() -> None:
    one, two = (config("scopes: [{name: a, provider: organization}]").scopes[0] for _ in range(2))
    assert isinstance(one, Scope)
    assert one == two


def test_an_audit_is_local_days_and_its_period_follows_the_audit_before() -> None:
    found = audits(
        config(
            "certificate: {decided: 2024-12-12}\naudits:\n"
            "  - {kind: surveillance, starts: 2026-12-07, ends: 2026-12-09}\n"
            "  - {kind: surveillance, starts: 2025-10-20, ends: 2025-10-21, name: first}\n"
            "  - {kind: internal, starts: 2026-09-14}\n"
            "  - {kind: recertification, starts: 2027-10-04, ends: 2027-10-08}\n"
        )
    )
    first, internal, second, recertification = found
    assert [audit.name for audit in found] == [
        "first",
        "internal-2026-09-14",
        "surveillance-2026-12-07",
        "recertification-2027-10-04",
    ]
    # Berlin is two hours ahead of UTC in October until the 25th, 2026, one hour in December.
    assert (first.starts, first.end) == (midnight(2025, 10, 20, 2), midnight(2025, 10, 22, 2))
    assert first.period == Window(midnight(2024, 12, 12, 1), midnight(2025, 10, 20, 2))
    assert second.period == Window(midnight(2025, 10, 22, 2), midnight(2026, 12, 7, 1))
    assert internal.period == Window(midnight(2024, 12, 12, 1), midnight(2026, 9, 14, 2)), "from the decision"
    assert recertification.period == Window(midnight(2024, 12, 12, 1), midnight(2027, 10, 4, 2)), "the whole cycle"


def test_a_named_period_wins() -> None:
    (audit,) = audits(
        config("audits: [{kind: surveillance, starts: 2026-12-07, period: {from: 2025-12-01, to: 2026-12-07}}]")
    )
    assert audit.period == Window(midnight(2025, 12, 1, 1), midnight(2026, 12, 7, 1))
    assert audit.end == midnight(2026, 12, 8, 1)

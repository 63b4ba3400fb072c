from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import AwsScope
from agent.config.template import PROVIDERS, QUESTIONS, Question, answers, questions, template
from agent.errors import ConfigurationError
from tests.config.helpers import refusal, written

FULL = {
    "organization": 'Ex: "Ltd" # 1 — ü',
    "timezone": "Europe/Berlin",
    "scope": "prod-aws",
    "account_id": "012345678901",
    "role_arn": "arn:aws:iam::012345678901:role/annexa",
    "external_id": "ext-1",
    "regions": "eu-west-1, us-east-1",
    "all_accounts": "true",
    "certificate_decided": "2024-12-12",
    "certificate_expires": "2027-12-11",
    "audit_kind": "surveillance",
    "audit_starts": "2026-12-07",
    "audit_ends": "2026-12-09",
    "alert_to": "${ALERTS}",
}


def test_every_answer_stands_in_the_file(tmp_path: Path) -> None:
    assert set(FULL) == {question.name for question in questions("aws")}
    found = written(tmp_path, template(FULL), {"ALERTS": "json://127.0.0.1"})
    assert found.warnings == ()
    assert (found.organization, found.timezone.key) == (FULL["organization"], "Europe/Berlin")
    (scope,) = found.scopes
    assert isinstance(scope, AwsScope)
    assert (scope.name, scope.account_id, scope.external_id) == ("prod-aws", "012345678901", "ext-1")
    assert (scope.role_arn, scope.regions) == (FULL["role_arn"], ("eu-west-1", "us-east-1"))
    assert scope.organization is not None
    assert found.certificate is not None
    assert found.certificate.expires is not None
    assert found.certificate.expires.isoformat() == "2027-12-11"
    (audit,) = found.audits
    assert (audit.kind, str(audit.starts), str(audit.ends)) == ("surveillance", "2026-12-07", "2026-12-09")
    assert found.alerts.routes[0].to.origin == "${ALERTS}"


def test_the_least_answers_make_a_file_without_warnings(tmp_path: Path) -> None:
    found = written(tmp_path, template({"organization": "E"}))
    assert found.warnings == ()
    assert (found.timezone.key, found.scopes[0].name, found.audits) == ("UTC", "aws", ())


OTHERS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "gcp": (
        {"parent": "organizations/123"}, {"impersonate": "annexa@p-1.iam.gserviceaccount.com", "quota_project": "p-1"},
    ),
    "azure": ({"tenant": "example.onmicrosoft.com"}, {"management_group": "core"}),
    "entra": ({"tenant": "example.onmicrosoft.com"}, {}),
}


def test_each_provider_has_its_own_questions() -> None:
    assert set(OTHERS) | {"aws"} == set(PROVIDERS)
    assert {name for one in QUESTIONS for name in one.provider.split()} == set(PROVIDERS)


@pytest.mark.parametrize("provider", OTHERS)
def test_a_scope_of_another_provider_is_written_and_read(tmp_path: Path, provider: str) -> None:
    needed, further = OTHERS[provider]
    least = written(tmp_path, template({"organization": "E", **needed}, provider))
    assert least.warnings == ()
    assert [(one.name, one.provider) for one in least.scopes] == [(provider, provider)]
    full = written(tmp_path, template({"organization": "E", "scope": "mine", **needed, **further}, provider))
    (scope,) = full.scopes
    assert scope.name == "mine"
    assert {name: getattr(scope, name) for name in needed | further} == needed | further


def test_an_answer_of_another_provider_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="--role-arn is not of gcp"):
        template({"organization": "E", "role_arn": FULL["role_arn"]}, "gcp")
    with pytest.raises(ConfigurationError, match="--parent is needed"):
        template({"organization": "E"}, "gcp")


def test_what_is_commented_out_loads_too(tmp_path: Path) -> None:
    lines = template({"organization": "E"}).splitlines()
    starts = ("certificate:", "audits:", "alerts:", "schedules:", "owners:")
    opened = [line[2:] if line.startswith(("#   ", *(f"# {start}" for start in starts))) else line for line in lines]
    found = written(tmp_path, "\n".join(opened), {"SLACK_URL": "slack://a/b/c"})
    assert found.certificate is not None
    assert found.audits
    assert found.alerts.routes
    assert found.schedules.by
    assert found.owners


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({"organization": " "}, "--organization is needed"),
        ({"timezone": "Europe/Berln"}, "--timezone: the answer must be an IANA time zone"),
        ({"account_id": "123"}, "--account-id: the answer must be an AWS account number"),
        ({"role_arn": "annexa"}, "--role-arn: the answer must be the ARN"),
        ({"all_accounts": "maybe"}, "--all-accounts: the answer must be true or false"),
        ({"audit_starts": "07.12.2026"}, "--audit-starts: the answer must be a date"),
        ({"audit_kind": "yearly"}, "--audit-kind: the answer must be one of"),
        ({"alert_to": "https://hooks.slack.com/" + "services/T/B/x"}, "--alert-to: a Slack webhook does not belong"),
        ({"regions": "eu-west"}, "the new file:"),
        ({"audit_starts": "2026-12-07", "audit_ends": "2026-12-01"}, "the new file:"),
        ({"colour": "red"}, "annexa init asks nothing called 'colour'"),
    ],
)
def test_a_wrong_answer_is_one_line(answer: dict[str, str], line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        template({"organization": "E", **answer})
    assert caught.value.line().startswith(line)
    assert "\n" not in caught.value.line()


def test_only_what_no_flag_gave_is_asked() -> None:
    asked = []

    def ask(question: Question) -> str:
        asked.append(question.name)
        return question.default

    said = answers({"organization": " E ", "regions": "all"}, ask)
    assert said["organization"] == "E"
    assert asked == [one.name for one in questions("aws") if one.name not in ("organization", "regions")]
    assert "parent" not in asked


@given(name=st.text(min_size=1, max_size=60))
def test_any_name_of_an_organization_is_kept_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    answers_given = {"organization": name}
    if "${" not in name and not refusal(lambda: template(answers_given)):
        found = written(tmp_path_factory.mktemp("init", numbered=True), template(answers_given))
        assert found.organization == name.strip()

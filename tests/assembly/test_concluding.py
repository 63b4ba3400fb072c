"""What checks found is worked out when an artifact comes, and asked again only where something is another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from agent.assembly import App, keeping
from agent.store import Assessment
from tests.assembly.company import NOW, Company, restore
from tests.assembly.test_answers import MAY, REQUIREMENT, holding

FAILED = (restore("r-1", MAY), restore("r-2", MAY + timedelta(days=1), validation="FAILED"))
"""A restore that was tested, and then one that was not well."""


class Asked:
    """Counts the populations that a desk is asked to check."""

    def __init__(self, desk: Any) -> None:
        self.desk, self.checked = desk, 0

    def checks(self, *asked: Any) -> Any:
        self.checked += 1
        return self.desk.checks(*asked)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.desk, name)


@contextmanager
def asking(firm: Company) -> Iterator[tuple[App, Asked]]:
    with firm.app(writer=False) as app:
        app.desk = asked = Asked(app.desk)
        yield app, asked


def concluded(firm: Company) -> None:
    firm.restores(*FAILED, region="eu-west-1")
    firm.collect()


def test_a_status_reads_no_records_that_were_judged_already(firm: Company) -> None:
    concluded(firm)
    with asking(firm) as (app, asked):
        quick = app.status()
        assert asked.checked == 0
        whole = app.holdings(NOW, app.audit(NOW), by_row=True)
        assert asked.checked == 1
        (found,) = (one for one in whole if one.requirement.id == REQUIREMENT)
        (exception,) = found.conclusion.checks[0].exceptions
        assert exception["id"] == "r-2"
        assert holding(quick).conclusion.state == "deficient"
        assert holding(quick).as_json("primary") == found.as_json("primary")
        assert holding(quick).conclusion.checks[0].exceptions == ()
        assert holding(app.status(of=[REQUIREMENT])).conclusion == found.conclusion


def test_what_was_known_at_another_instant_is_judged_when_it_is_asked(firm: Company) -> None:
    concluded(firm)
    firm.now = NOW + timedelta(days=1)
    firm.restores(*FAILED, restore("r-3", NOW), region="eu-west-1")
    firm.collect()
    with asking(firm) as (app, asked):
        assert holding(app.status()).conclusion.state == "no_exceptions", "a later test of the same thing closes it"
        assert asked.checked == 0
        assert holding(app.status(as_of=NOW)).conclusion.state == "deficient", "as it was known then"
        assert asked.checked == 1


def test_a_conclusion_that_somebody_edited_is_passed_over(firm: Company) -> None:
    concluded(firm)
    with firm.app() as app, app.store.transaction("forge") as session:
        row = session.exec(select(Assessment).where(
            col(Assessment.requirement) == REQUIREMENT, col(Assessment.axis) == "conclusion")).one()
        assert b"deficient" in row.body
        row.body = row.body.replace(b"deficient", b"no_exceptions")
        session.add(row)
    with asking(firm) as (app, asked):
        assert holding(app.status()).conclusion.state == "deficient"
        assert asked.checked == 1


def test_a_void_artifact_is_not_concluded_from(firm: Company) -> None:
    concluded(firm)
    with firm.app() as app:
        (mine,) = [row.id for row in app.store.artifacts() if row.records]
        keeping.void(app, mine, "of the test account", "Ada")
    with asking(firm) as (app, asked):
        assert holding(app.status()).conclusion.state == "unknown"
        assert asked.checked == 0

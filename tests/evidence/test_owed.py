"""Who owes what: scopes inside the ISMS, boundaries that have a collector, and the organization its documents."""

from datetime import UTC, datetime, timedelta

from agent.collector import Api, Header
from agent.evidence.owed import InForce, ScopeRules, Unit, Units, owed
from agent.evidence.weigh import enabled_spans
from agent.model import Duration, Requirement, Window

DAY = Duration(exact=timedelta(days=1), text="P1D")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def header(name: str, per: str = "region", provider: str = "aws") -> Header:
    return Header(
        id=name, title=name, kind="asset", population="All.", provider=provider,
        per=per,  # type: ignore[arg-type]  # a plain word in a test
        calls=(Api("sts.get_caller_identity", ("sts:GetCallerIdentity",)),),
    )


HEADERS = {one.id: one for one in (header("aws.a"), header("aws.o", "organization"), header("gcp.a", provider="gcp"))}


def requirement(name: str, *collectors: str, kind: str = "asset", scopes: tuple[str, ...] = ()) -> Requirement:
    return Requirement(
        id=name, title=name, primary=("5.9",), kind=kind, collectors=collectors, cadence=DAY, max_age=DAY, scopes=scopes
    )


def scope(name: str, *enabled: str, provider: str = "aws", in_isms: bool = True) -> ScopeRules:
    return ScopeRules(name=name, provider=provider, in_isms=in_isms, enabled=frozenset(enabled))


def boundary(scope_: str, name: str, *, organization: bool = False) -> InForce:
    return InForce(
        scope=scope_, provider="aws", boundary=name, organization=organization, since=SINCE,
        regions=(("eu-west-1", SINCE, None),),
    )


def keys(units: list[Unit]) -> set[tuple[str, str, str]]:
    return {unit.key for unit in units}


def test_each_boundary_owes_what_one_of_its_collectors_serves() -> None:
    units = owed(
        [requirement("r", "aws.a", "gcp.a"), requirement("nobody", "azure.a")],
        [scope("prod", "aws.a"), scope("off")], [boundary("prod", "1"), boundary("prod", "2"), boundary("off", "3")],
        HEADERS,
    )
    assert keys(units) == {("r", "prod", "1"), ("r", "prod", "2")}
    assert units[0].collectors == ("aws.a",)
    assert [one.region for one in units[0].expected] == ["eu-west-1"]


def test_a_scope_outside_the_isms_owes_nothing() -> None:
    outside = [scope("lab", "aws.a", in_isms=False)]
    assert not owed([requirement("r", "aws.a")], outside, [boundary("lab", "1")], HEADERS)


def test_what_is_read_once_in_an_organization_its_own_account_owes() -> None:
    places = [boundary("prod", "1", organization=True), boundary("prod", "2")]
    assert keys(owed([requirement("r", "aws.o")], [scope("prod", "aws.o")], places, HEADERS)) == {("r", "prod", "1")}


def test_a_scope_that_was_never_reached_owes_all_the_same() -> None:
    units = owed([requirement("r", "aws.a", "aws.o")], [scope("prod", "aws.a", "aws.o")], [], HEADERS)
    assert keys(units) == {("r", "prod", "prod")}


def test_a_selector_narrows_the_scopes() -> None:
    scopes, places = [scope("a", "aws.a"), scope("b", "aws.a")], [boundary("a", "1"), boundary("b", "2")]
    assert keys(owed([requirement("r", "aws.a", scopes=("b",))], scopes, places, HEADERS)) == {("r", "b", "2")}


def test_documents_are_owed_by_the_organization_since_the_store_began() -> None:
    (unit,) = owed([requirement("policy", kind="document")], [scope("prod", "aws.a")], [], HEADERS, SINCE)
    assert unit.key == ("policy", "organization", "organization")
    assert unit.collectors == ("document.policy",)
    assert unit.observed_from == SINCE


def test_an_artifact_touches_only_the_units_of_its_place() -> None:
    units = Units(owed(
        [requirement("r", "aws.a"), requirement("s", "aws.a")], [scope("prod", "aws.a")],
        [boundary("prod", "1"), boundary("prod", "2")], HEADERS,
    ))
    place = ("aws.a", "prod", "1")
    assert keys(units.touched([place, place])) == {("r", "prod", "1"), ("s", "prod", "1")}
    assert not units.touched([("aws.o", "prod", "1")])


def test_a_log_source_is_on_from_one_look_to_the_next() -> None:
    days = [SINCE + timedelta(days=n) for n in range(5)]
    seen = [(days[1], True), (days[2], False), (days[3], True)]
    spans = enabled_spans(seen, days[4])
    assert spans[-1] == Window(days[3], days[4])
    assert [span.end for span in spans] == [days[2], days[4]]
    assert spans[0].start < days[0], "what was before the first look is taken as the first look says"
    assert enabled_spans([(days[1], False)], days[4]) == []

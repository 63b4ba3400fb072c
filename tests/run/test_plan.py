"""What is due follows from the store's facts and the clock alone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from agent.collector import Api, Header, Windows
from agent.model import Boundary, Outcome
from agent.run.plan import JITTER, RETRY_FIRST, Facts, Last, Planner, jitter

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def header(name: str, per: str = "boundary", windows: Windows | None = None) -> Header:
    return Header(
        id=f"aws.{name}", title=name, kind="configuration", population="Everything.", provider="aws",
        per=per, calls=(Api("sts.get_caller_identity", ("sts:GetCallerIdentity",)),), windows=windows,  # type: ignore[arg-type]  # a plain word in a test
    )


def facts(**last: Last) -> Facts:
    return Facts(last={f"aws.{name}/prod/1/": one for name, one in last.items()}, watermarks={})


ACCOUNT = Boundary("prod", "aws", "1", regions=("eu-west-1", "us-east-1"))
MANAGEMENT = Boundary("prod", "aws", "2", regions=("eu-west-1",), organization=True)


def planner(*headers: Header, every: Mapping[str, timedelta] | None = None) -> Planner:
    return Planner(headers=headers, intervals=every or {one.id: DAY for one in headers})


def test_per_region_per_boundary_and_per_organization() -> None:
    plan = planner(header("a", "region"), header("b"), header("c", "organization"))
    keys = {task.key for task in plan.tasks([ACCOUNT, MANAGEMENT], NOW, facts())}
    assert keys == {
        "aws.a/prod/1/eu-west-1", "aws.a/prod/1/us-east-1", "aws.b/prod/1/",
        "aws.a/prod/2/eu-west-1", "aws.b/prod/2/", "aws.c/prod/2/",
    }


def test_a_collector_without_an_interval_is_switched_off() -> None:
    plan = planner(header("a"), header("b"), every={"aws.b": DAY})
    assert [task.collector for task in plan.tasks([ACCOUNT], NOW, facts())] == ["aws.b"]


def test_never_run_is_due_now_and_just_run_is_not() -> None:
    plan = planner(header("a"))
    assert list(plan.due([ACCOUNT], NOW, facts()))
    assert not list(plan.due([ACCOUNT], NOW, facts(a=Last(NOW - timedelta(hours=1), Outcome.SUCCEEDED))))


def test_due_by_its_interval_at_the_latest_and_never_much_earlier() -> None:
    plan = planner(header("a"))
    assert list(plan.due([ACCOUNT], NOW, facts(a=Last(NOW - DAY, Outcome.SUCCEEDED))))
    early = NOW - DAY * (1 - JITTER) + timedelta(seconds=1)
    assert not list(plan.due([ACCOUNT], NOW, facts(a=Last(early, Outcome.SUCCEEDED))))


def test_after_long_downtime_each_task_is_due_once() -> None:
    plan = planner(header("a"))
    assert len(list(plan.due([ACCOUNT], NOW, facts(a=Last(NOW - 40 * DAY, Outcome.SUCCEEDED))))) == 1


def test_a_failure_is_tried_again_with_growing_pauses_up_to_the_interval() -> None:
    plan = planner(header("a"))
    task = next(plan.tasks([ACCOUNT], NOW, facts()))

    def pause(failures: int) -> timedelta:
        return plan.due_at(task, facts(a=Last(NOW, Outcome.FAILED, failures)), NOW) - NOW

    assert [pause(n) for n in (1, 2, 3)] == [RETRY_FIRST, 2 * RETRY_FIRST, 4 * RETRY_FIRST]
    assert pause(50) == DAY
    partial = plan.due_at(task, facts(a=Last(NOW, Outcome.PARTIAL, 1)), NOW)
    assert partial - NOW == RETRY_FIRST


def test_a_run_dated_after_now_does_not_hold_the_task_up() -> None:
    plan = planner(header("a"))
    task = next(plan.tasks([ACCOUNT], NOW, facts()))
    assert plan.due_at(task, facts(a=Last(NOW + 400 * DAY, Outcome.SUCCEEDED)), NOW) <= NOW + DAY


def test_jitter_is_a_function_of_the_key_within_its_share() -> None:
    shares = [jitter(f"task-{n}", DAY) / DAY for n in range(1000)]
    assert shares == [jitter(f"task-{n}", DAY) / DAY for n in range(1000)]
    assert 0 <= min(shares) < max(shares) < JITTER
    assert JITTER * 0.45 < sum(shares) / 1000 < JITTER * 0.55


def test_windows_of_a_task_follow_its_own_watermark() -> None:
    rule = Windows(settle=timedelta(minutes=15), longest=DAY, reach=timedelta(days=90))
    plan = planner(header("e", "region", rule))
    known = Facts(last={}, watermarks={("aws.e", "1", "eu-west-1"): NOW - timedelta(days=2)})
    tasks = list(plan.tasks([ACCOUNT], NOW, known))
    assert sum(task.region == "eu-west-1" for task in tasks) == 2
    assert sum(task.region == "us-east-1" for task in tasks) == 90

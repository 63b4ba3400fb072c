"""`annexa serve` as a person runs it: a process, its log, its two pages and its signals."""

from __future__ import annotations

import json
import shutil
import signal
import time
from datetime import UTC, datetime
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.assembly.company import ACCOUNT, REGIONS, Company, restore
from tests.lab.aws import faults
from tests.schedule.served import SECRET, Served, serving

COLLECTOR = "aws.backup_restore_jobs"
ENABLED = f"collectors: {{enable: [{COLLECTOR}]}}"
NOW = datetime.now(UTC)


def metrics(served: Served) -> dict[tuple[str, ...], float]:
    """Return the samples by name and sorted label values, as Prometheus itself reads them."""
    status, body = served.get("/metrics")
    assert status == 200
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body) for sample in family.samples
    }


def runs(firm: Company) -> list[Any]:
    with firm.app(writer=False) as app:
        return app.store.artifacts()


def with_second_scope(firm: Company) -> None:
    """Write the configuration with one scope more."""
    file, endpoint = firm.write(), firm.environ["AWS_ENDPOINT_URL"]
    more = f"{{name: second, provider: aws, regions: [eu-west-1], endpoint: '{endpoint}', {ENABLED}}}"
    file.write_text(file.read_text().replace("owners:", f"  - {more}\nowners:"))


def test_it_collects_what_is_due_at_once_and_tells_machines_how_it_goes(firm: Company) -> None:
    firm.restores(restore("r-1", NOW))
    with serving(firm) as served:
        ended = served.wait_for("run ended", 2)
        served.until(lambda: served.get("/healthz")[0] == 200)
        _, body = served.get("/healthz")
        assert json.loads(body)["ok"] is True
        found = metrics(served)
        assert served.get("/nothing")[0] == 404
        assert served.end() == 0
    assert {one["region"] for one in ended} == set(REGIONS)
    assert found["annexa_runs_total", COLLECTOR, "succeeded", "prod"] == 2
    assert found["annexa_records_total", COLLECTOR, "prod"] == 2
    assert found["annexa_run_seconds_count", COLLECTOR] == 2
    assert (found["annexa_tasks_running",], found["annexa_tasks_waiting",]) == (0, 0)
    assert abs(found["annexa_last_tick_timestamp_seconds",] - time.time()) < 60
    assert [(row.scope, row.boundary, row.outcome) for row in runs(firm)] == [("prod", ACCOUNT, "succeeded")] * 2
    assert served.events()[-1]["event"] == "stopped"
    assert served.events()[-1]["finished"] is True


def test_every_log_line_is_json_and_none_holds_a_secret(firm: Company) -> None:
    token = "tok-hunter2-hunter2"
    firm.more = 'alerts: {routes: [{to: "${ALERT_URL}", on: [missing, collector_failing]}]}'
    firm.double.fault("backup.list_restore_jobs", faults.denied(), region=REGIONS[0])
    firm.environ["ALERT_URL"] = "json://127.0.0.1:9/x"
    with serving(firm, "--verbose", ALERT_URL=f"json://user:{token}@127.0.0.1:9/?token={token}") as served:
        served.wait_for("run ended", 2)
        served.until(lambda: served.get("/healthz")[0] == 200)
        assert served.end() == 0
    for line in served.lines:
        said = json.loads(line)
        assert {"event", "level", "timestamp"} <= said.keys()
        assert token not in line
        assert SECRET not in line
    for file in firm.folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert token.encode() not in data, file
            assert SECRET.encode() not in data, file


def many_pages(firm: Company, seconds: float) -> None:
    pages = [{"RestoreJobs": [restore(f"r-{number}", NOW)]} for number in range(200)]
    firm.double.script({"backup.list_restore_jobs": pages})
    firm.double.fault("backup.list_restore_jobs", faults.slow(seconds))


def test_a_stop_seals_what_was_under_way_within_the_grace(firm: Company) -> None:
    many_pages(firm, 0.1)
    with serving(firm) as served:
        served.until(lambda: len(firm.double.called("backup.list_restore_jobs")) >= 6)
        began = time.monotonic()
        assert served.end() == 0
    assert time.monotonic() - began < 40, "the grace of 30 seconds, and what a busy machine takes"
    rows = runs(firm)
    assert {row.region: row.outcome for row in rows} == dict.fromkeys(REGIONS, "partial")
    with firm.app(writer=False) as app:
        for row in rows:
            opened = app.store.open_artifact(row.id)
            assert "interrupted" in {one.reason for one in opened.provenance.lacking}
            assert len(list(opened.records())) == row.records > 0
        assert app.store.check(deep=True) == []


def test_a_call_that_hangs_does_not_hold_the_stop_beyond_the_grace(firm: Company) -> None:
    firm.more = "serve: {grace: PT2S}"
    firm.double.fault("backup.list_restore_jobs", faults.slow(40, times=2))
    with serving(firm) as served:
        served.until(lambda: len(firm.double.called("backup.list_restore_jobs")) == 2)
        began = time.monotonic()
        assert served.end() == 3
    assert time.monotonic() - began < 20, "the call itself takes forty seconds"
    assert served.events("stopped")[0]["finished"] is False
    assert runs(firm) == []
    firm.double.reset()
    firm.more = ""
    with serving(firm) as served:
        served.wait_for("run ended", 2)
        assert served.end() == 0
    assert [row.outcome for row in runs(firm)] == ["succeeded"] * 2


def test_sighup_takes_a_new_configuration_and_keeps_the_old_one_where_it_is_wrong(firm: Company) -> None:
    with serving(firm) as served:
        served.wait_for("run ended", 2)
        good = firm.write().read_text()
        with_second_scope(firm)
        served.process.send_signal(signal.SIGHUP)
        ended = served.wait_for("run ended", 3)
        assert [(one["scope"], one["region"]) for one in ended[2:]] == [("second", "eu-west-1")]
        assert len(served.wait_for("configuration reloaded")) == 1
        (firm.folder / "annexa.yaml").write_text(good + "\nscops: []\n")
        served.process.send_signal(signal.SIGHUP)
        (refused,) = served.wait_for("configuration not reloaded, the old one stays in force")
        assert "annexa.yaml:" in refused["error"]
        assert "scops" in refused["error"]
        assert refused["level"] == "error"
        (firm.folder / "annexa.yaml").write_text(good.replace("owners: {backup-owner", "owners: {backup-ownr"))
        served.process.send_signal(signal.SIGHUP)
        unknown = served.wait_for("configuration not reloaded, the old one stays in force", 2)[1]
        assert unknown["error"].endswith("there is no role or requirement 'backup-ownr'. Did you mean backup-owner?")
        served.until(lambda: served.get("/healthz")[0] == 200)
        assert metrics(served)["annexa_runs_total", COLLECTOR, "succeeded", "second"] == 1
        assert served.end() == 0
    assert len(runs(firm)) == 3


def test_a_restart_collects_nothing_that_is_not_due(firm: Company) -> None:
    with serving(firm) as served:
        served.wait_for("run ended", 2)
        assert served.end(signal.SIGINT) == 0
    with serving(firm) as served:
        served.until(lambda: served.get("/healthz")[0] == 200)
        assert served.end() == 0
    assert served.events("run ended") == []
    assert len(runs(firm)) == 2


def test_a_store_that_fails_ends_the_service(firm: Company) -> None:
    with serving(firm) as served:
        served.wait_for("run ended", 2)
        served.until(lambda: served.get("/healthz")[0] == 200 and len(runs(firm)) == 2)  # nothing is on its way
        staging = firm.folder / "annexa-data" / "artifacts" / "staging"
        shutil.rmtree(staging)
        staging.write_text("no directory")
        with_second_scope(firm)
        served.process.send_signal(signal.SIGHUP)
        assert served.process.wait(90) == 3
        served.end()
    assert served.lines[-1].startswith("annexa: "), "the last line is for a person"
    assert [line for line in served.lines if "Traceback" in line] == []
    (error,) = served.events("the engine ended")
    # Whichever comes first: the artifact of the new scope, or the reload's line in the access log.
    assert error["error"].startswith(("Cannot begin an artifact: ", "Cannot keep custody/"))
    assert len(runs(firm)) == 2


def test_two_services_on_one_store(firm: Company) -> None:
    with serving(firm) as served, serving(firm) as other:
        served.until(lambda: other.process.poll() is not None or served.process.poll() is not None)
        first, second = (served, other) if served.process.poll() is None else (other, served)
        assert second.process.wait(10) == 3
        second.end()
        first.wait_for("serving")
        (line,) = second.lines
        assert line.startswith(f"annexa: Another agent writes this store: process {first.process.pid} on ")
        assert first.end() == 0


def test_a_port_that_is_taken(firm: Company) -> None:
    with serving(firm) as served:
        port = served.port
        firm.more = "data: ./other-data"
        config = firm.write()
        with serving(firm, "--port", str(port)) as other:
            assert other.process.wait(30) == 2
            other.end()
        assert config.exists()
        assert other.lines[-1] == (
            f"annexa: cannot listen on 127.0.0.1:{port}: Address already in use. Set serve.port to a free port\n"
        )
        assert served.end() == 0

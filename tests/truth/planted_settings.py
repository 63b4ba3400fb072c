"""The checks of faults planted in how things of AWS are set up: servers, databases, functions, sessions, rules."""

from __future__ import annotations

from tests.truth import expected
from tests.truth.conftest import Firm
from tests.truth.planted import Fault, answers, deficient, text, value


def _resources(firm: Firm, collector: str, where: str) -> list[str]:
    """Return what has such a setting, in whatever account and region."""
    rows = firm.query(f"SELECT resource FROM configuration WHERE collector = '{collector}' AND {where}")
    return [row[0] for row in rows]


def _arn(firm: Firm, name: str) -> str:
    return next(one.arn for one in firm.estate.resources if one.name == name)


@answers("access-point-in-the-open")
def _(firm: Firm, expect: Fault, account: str) -> None:
    found = _resources(firm, "aws.s3_access_points", "setting = 'policy_public' AND value = 'true'")
    assert found == [f"arn:aws:s3:{expect['region']}:{account}:accesspoint/{expect['name']}"]
    deficient(firm, "access-point-exposure", account, 1)


@answers("image-for-everybody")
def _(firm: Firm, expect: Fault, account: str) -> None:
    found = _resources(firm, "aws.rds_snapshot_exposure", "setting = 'public' AND value = 'true'")
    image = next(one["id"] for one in expected.named(firm.estate, "images") if one["name"] == expect["name"])
    assert (found, expect["public"]) == ([f"arn:aws:ec2:{expect['region']}::image/{image}"], True)
    deficient(firm, "snapshot-exposure", account, 1)


@answers("metadata-unguarded")
def _(firm: Firm, expect: Fault, account: str) -> None:
    found = _resources(firm, "aws.ec2_settings", "setting = 'imds_v1_allowed' AND value <> 'false'")
    assert (found, expect["imds_v1_allowed"]) == ([_arn(firm, expect["name"])], True)
    deficient(firm, "server-configuration", account, 2)  # this, and the image that it was made from


@answers("withdrawn-image")
def _(firm: Firm, expect: Fault, account: str) -> None:
    found = _resources(firm, "aws.ec2_settings", "setting = 'image_deprecated_at' AND value IS NOT NULL")
    assert found == [_arn(firm, expect["name"])]
    assert text(firm, "aws.ec2_settings", found[0], "image") == expect["image"]
    others = firm.query("SELECT count(*) FROM configuration WHERE collector = 'aws.ec2_settings' "
                        "AND setting = 'image_owner' AND value IS NULL")
    assert others == [(0,)]


@answers("function-for-everybody")
def _(firm: Firm, expect: Fault, account: str) -> None:
    function = _arn(firm, expect["name"])
    assert value(firm, "aws.compute_settings", function, "url_auth") == [expect["url"]]
    assert text(firm, "aws.compute_settings", function, "runtime") == expect["runtime"]
    found = _resources(firm, "aws.compute_settings", "setting = 'url_auth' AND value IS NOT NULL")
    assert found == [function]
    deficient(firm, "compute-configuration", account, 2)


@answers("fallen-out-of-the-plan")
def _(firm: Firm, expect: Fault, account: str) -> None:
    instance = _arn(firm, expect["name"])
    assert value(firm, "aws.backup_coverage", instance, "protected") is expect["protected"]
    rows = firm.query("SELECT resource, CAST(value AS TIMESTAMPTZ) AS at FROM configuration WHERE collector = "
                      "'aws.backup_coverage' AND setting = 'last_backup' "
                      f"AND CAST(value AS TIMESTAMPTZ) < '{expected.days(firm.estate, 8).isoformat()}'")
    kept = [job.at for job in firm.estate.backup_jobs
            if job.resource == instance and job.state == "COMPLETED" and job.retained_until > firm.estate.now]
    assert rows == [(instance, max(kept))]
    deficient(firm, "backup-recency", account, 1)


@answers("program-of-nobody")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT boundary, name, owner FROM asset WHERE collector = 'aws.iam_users' AND owner IS NULL")
    assert rows == [(account, expect["name"], expect["owner"])]
    deficient(firm, "user-inventory", account, 1)


@answers("threats-unheard")
def _(firm: Firm, expect: Fault, account: str) -> None:
    found = _resources(firm, "aws.event_rules", f"setting = 'confirmed_subscribers' AND value = '{expect['confirmed_subscribers']}'")
    assert found == [f"arn:aws:events:{expect['region']}:{account}:rule/{expect['name']}"]
    deficient(firm, "events-wired", account, 1)


@answers("snapshots-not-made")
def _(firm: Firm, expect: Fault, account: str) -> None:
    found = _resources(firm, "aws.snapshot_policies", f"setting = 'state' AND value = '{expect['state']}'")
    ids = [one["id"] for one in firm.estate.file["snapshot_policies"] if one["state"] == expect["state"]]
    assert found == [f"arn:aws:dlm:{expect['region']}:{account}:policy/{one}" for one in ids]
    deficient(firm, "snapshot-policies", account, 1)


@answers("database-in-the-open")
def _(firm: Firm, expect: Fault, account: str) -> None:
    database = _arn(firm, expect["name"])
    for name, where in (("publicly_accessible", "value <> 'false'"), ("deletion_protection", "value <> 'true'")):
        assert _resources(firm, "aws.database_settings", f"setting = '{name}' AND {where}") == [database]
        assert value(firm, "aws.database_settings", database, name) is expect[name]
    deficient(firm, "database-configuration", account, 2)


@answers("half-a-day-in-a-role")
def _(firm: Firm, expect: Fault, account: str) -> None:
    named = "SELECT resource FROM configuration WHERE setting = 'permission_set' AND value"
    rows = firm.query("SELECT CAST(value AS DOUBLE) FROM configuration WHERE collector = 'aws.permission_sets' "
                      f"AND setting = 'session_hours' AND resource IN ({named} = '{expect['name']}')")
    assert rows == [(expect["session_hours"],)]
    deficient(firm, "workforce-sessions", account, 1)


@answers("severe-control-off")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT boundary, region, value FROM configuration WHERE collector = 'aws.securityhub_standards' "
                      "AND setting = 'severe_controls_off' AND value <> '[]'")
    assert rows == [(account, expect["region"], f'["{expect["control"]}"]')]
    deficient(firm, "security-posture-measured", account, 1)


@answers("tags-not-as-agreed")
def _(firm: Firm, expect: Fault, account: str) -> None:
    assert firm.estate.file["tag_policy"] == [expect["key"]]
    for one in firm.estate.accounts:
        meant = {r.arn for r in firm.estate.resources
                 if r.account == one.id and r.tagged and expect["key"] not in r.tags}
        found = _resources(firm, "aws.tag_policy_compliance",
                           f"boundary = '{one.id}' AND setting = 'tag_policy_compliant' AND value = 'false'")
        assert (set(found), len(found)) == (meant, len(meant)), one.name
    deficient(firm, "tag-policy", account, len([r for r in firm.estate.resources
              if r.account == account and r.tagged and expect["key"] not in r.tags]))


@answers("sessions-not-kept")
def _(firm: Firm, expect: Fault, account: str) -> None:
    found = _resources(firm, "aws.session_settings", "setting = 'sessions_logged' AND value <> 'true'")
    assert (found, expect["sessions_logged"]) == ([f"arn:aws:ssm:{expect['region']}:{account}:session/*"], False)
    deficient(firm, "session-recording", account, 1)


@answers("cluster-in-the-open")
def _(firm: Firm, expect: Fault, account: str) -> None:
    """The account's other region may not be asked for functions: the run of the open one is there, and accepted."""
    cluster = f"arn:aws:eks:{expect['region']}:{account}:cluster/{expect['name']}"
    told = {name: text(firm, "aws.compute_settings", cluster, name)
            for name in ("endpoint_open", "control_plane_logs", "version_support")}
    assert told == {"endpoint_open": "true", "control_plane_logs": "[]", "version_support": expect["support"]}
    assert (expect["endpoint_open"], expect["audited"]) == (True, False)
    shut = _resources(firm, "aws.compute_settings", "setting = 'endpoint_open' AND value = 'false'")
    assert len(shut) == sum(not one["open"] for one in expected.named(firm.estate, "clusters"))

"""Collectors that are off unless a scope names them, and their settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import GcpScope, references
from agent.config.scopes import AssetExport, Choose, DataAccess
from agent.errors import ConfigurationError
from tests.config.helpers import config

ON = "collectors: {also: [gcp.asset_export, gcp.data_access_logs]}"


@pytest.mark.parametrize(("enable", "also", "disable", "runs", "opted"), [
    ((), (), (), True, False),
    ((), ("gcp.x",), (), True, True),
    ((), ("gcp.*",), (), True, True),
    ((), ("gcp.x",), ("gcp.x",), False, False),
    (("gcp.*",), (), (), True, False),
    (("gcp.x",), (), (), True, True),
    (("gcp.y",), (), (), False, False),
    (("gcp.y",), ("gcp.x",), (), True, True),
    (("gcp.x",), (), ("gcp.*",), False, False),
])
def test_what_runs(
    enable: tuple[str, ...], also: tuple[str, ...], disable: tuple[str, ...], *, runs: bool, opted: bool
) -> None:
    chosen = Choose(enable=enable, also=also, disable=disable)
    assert (chosen.runs("gcp.x"), chosen.runs("gcp.x", opt_in=True)) == (runs, opted)


def scope(said: str) -> GcpScope:
    (found,) = config(f"scopes: [{{name: data, provider: gcp, parent: organizations/1, {said}}}]\n").scopes
    assert isinstance(found, GcpScope)
    return found


def test_the_settings_of_what_is_on() -> None:
    found = scope(f"{ON}, asset_export: {{bucket: exports, prefix: a/b, compare: false}}, "
                  "data_access: {services: [storage.googleapis.com], writes_only: true}")
    assert found.asset_export == AssetExport(bucket="exports", prefix="a/b", compare=False)
    assert found.data_access == DataAccess(services=("storage.googleapis.com",), writes_only=True)
    found = scope("collectors: {also: [gcp.asset_export]}, asset_export: {bucket: exports}")
    assert found.asset_export == AssetExport(bucket="exports", prefix="annexa", compare=True)


@pytest.mark.parametrize(("said", "line"), [
    (ON, "gcp.asset_export needs a bucket. Name one: asset_export: {bucket: …}"),
    ("asset_export: {bucket: exports}", ("'asset_export' is of gcp.asset_export, which is off. Switch it on: "
     "collectors: {also: [gcp.asset_export]}")),
    ("data_access: {writes_only: true}", ("'data_access' is of gcp.data_access_logs, which is off. Switch it on: "
     "collectors: {also: [gcp.data_access_logs]}")),
    (f"{ON}, asset_export: {{bucket: 'gs://exports'}}", "must be the name of a Cloud Storage bucket, without gs://"),
    (f"{ON}, asset_export: {{bucket: exports, prefix: ../up}}", "must be the beginning of an object's name"),
    (f"{ON}, asset_export: {{bucket: exports}}, data_access: {{services: ['a\"b.googleapis.com']}}",
     "must be a service such as storage.googleapis.com"),
])
def test_settings_that_contradict_themselves(said: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scope(said)
    assert line in caught.value.line()


def test_a_name_under_also_that_names_nothing_is_told(tmp_path: Path) -> None:
    parsed = config("scopes: [{name: a, provider: aws, collectors: {also: [aws.iam_user]}}]\n")
    lines = [one.line() for one in references(parsed, collectors={"aws.iam_users"})]
    assert lines == ["annexa.yaml:3:55: no collector is called 'aws.iam_user'. Did you mean aws.iam_users?"]

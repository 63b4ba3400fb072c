"""The chart, rendered by Helm's own engine and held against the schemas that Kubernetes publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

helm = pytest.importorskip("helm_python", reason="Helm's engine comes as a wheel for Linux on x86_64 alone")
kubernetes = pytest.importorskip("kubernetes_validate", reason="comes with helm_python")

CHART = Path(__file__).resolve().parents[2] / "config" / "chart"
VERSIONS = ("1.30", "1.34")
EVERYTHING: dict[str, Any] = {
    "image": {"digest": f"sha256:{'0' * 64}", "pullSecrets": [{"name": "registry"}]},
    "secretEnv": ["annexa-env"],
    "secretFiles": "annexa-files",
    "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/annexa"}},
    "persistence": {"storageClass": "fast"},
    "networkPolicy": {"allowMetadata": True, "from": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]},
    "podAnnotations": {"team": "security"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
}
SPARE: dict[str, Any] = {
    "serviceAccount": {"create": False, "name": "other"},
    "persistence": {"existingClaim": "kept"},
    "networkPolicy": {"enabled": False},
}


def manifests(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the chart makes of the values, by kind."""
    with helm.Chart.load(CHART) as chart:
        rendered: dict[str, str] = chart.render(values=values, name="trial", namespace="audit")
    found = [one for text in rendered.values() for one in yaml.safe_load_all(text) if one]
    return {one["kind"]: one for one in found}


def test_helm_finds_no_fault() -> None:
    found = helm.lint(CHART)
    assert found["errors"] == []
    assert [one["error"] for one in found["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [{}, EVERYTHING, SPARE], ids=["default", "everything", "spare"])
def test_what_it_makes_is_what_kubernetes_takes(values: dict[str, Any], version: str) -> None:
    made = manifests(values)
    assert {"ConfigMap", "Deployment", "Service"} <= set(made)
    for manifest in made.values():
        kubernetes.validate(manifest, version, strict=True)


def test_a_wrong_manifest_would_be_refused() -> None:
    made = manifests({})["Deployment"]
    made["spec"]["template"]["spec"]["containers"][0]["portz"] = []
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(made, VERSIONS[-1], strict=True)


def test_the_pod_has_no_more_rights_than_it_needs() -> None:
    pod = manifests({})["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }
    written = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert written == {"/data", "/tmp"}


def test_values_reach_the_pod() -> None:
    made = manifests(EVERYTHING)
    pod = made["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == f"localhost/annexa@sha256:{'0' * 64}"
    assert container["envFrom"] == [{"secretRef": {"name": "annexa-env"}}]
    assert pod["nodeSelector"] == EVERYTHING["nodeSelector"]
    assert made["PersistentVolumeClaim"]["spec"]["storageClassName"] == "fast"
    spare = manifests(SPARE)
    assert {"PersistentVolumeClaim", "ServiceAccount", "NetworkPolicy"}.isdisjoint(spare)
    assert spare["Deployment"]["spec"]["template"]["spec"]["serviceAccountName"] == "other"


def test_another_configuration_starts_the_pod_anew() -> None:
    def checksum(values: dict[str, Any]) -> str:
        pod = manifests(values)["Deployment"]["spec"]["template"]
        return str(pod["metadata"]["annotations"]["checksum/config"])

    assert checksum({}) == checksum({"nodeSelector": {"a": "b"}})
    assert checksum({}) != checksum({"config": {"organization": "Another"}})

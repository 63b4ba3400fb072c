"""The keys of KMS that the account manages itself: their state, renewal and policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting
from collectors.aws._trust import open_to_all

GONE = {"NotFoundException": "the key was deleted while it was read"}
HEADER = Header(
    id="aws.kms_keys",
    title="KMS keys",
    kind="configuration",
    population="Every setting of every KMS key of this region that the account manages itself, whatever its state.",
    provider="aws",
    per="region",
    calls=(
        Api("kms.list_keys", ("kms:ListKeys",)),
        Api("kms.describe_key", ("kms:DescribeKey",), answers=GONE),
        Api(
            "kms.get_key_rotation_status",
            ("kms:GetKeyRotationStatus",),
            answers=GONE | {
                "UnsupportedOperationException": "KMS cannot renew this key by itself: asymmetric, HMAC or imported",
                "KMSInvalidStateException": "a key in this state is not renewed",
            },
        ),
        Api("kms.get_key_policy", ("kms:GetKeyPolicy",), answers=GONE),
        Api("kms.list_aliases", ("kms:ListAliases",)),
        Api(
            "kms.list_key_rotations",
            ("kms:ListKeyRotations",),
            answers=GONE | {
                "UnsupportedOperationException": "KMS cannot renew this key",
                "KMSInvalidStateException": "a key in this state is not renewed",
            },
        ),
    ),
    limits=(
        "Keys that AWS manages (aws/s3, aws/rds) are left out and counted: AWS renews them every year.",
        "`rotation_enabled` has no value where KMS cannot renew a key by itself: asymmetric, HMAC or imported.",
        "`last_rotated_at` is null for a key that was never renewed, by itself or on demand.",
        "`policy_open` is a policy that lets everyone in under no condition; whom else it lets in, its text says.",
        "A key whose own policy hides it is left out, and the run is partial.",
    ),
)
CALLS = (
    "kms.describe_key", "kms.get_key_rotation_status", "kms.get_key_policy", "kms.list_key_rotations",
    "kms.list_aliases",
)
DESCRIBED = {
    "state": "KeyState",
    "usage": "KeyUsage",
    "key_spec": "KeySpec",
    "origin": "Origin",
    "multi_region": "MultiRegion",
    "created_at": "CreationDate",
    "deletion_at": "DeletionDate",
    "material_ends_at": "ValidTo",
}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per key and setting."""
    aliases: dict[str, list[str]] = {}
    for one in run.client.read("kms.list_aliases", key="Aliases", Limit=100):
        aliases.setdefault(one.get("TargetKeyId", ""), []).append(one["AliasName"])

    def questions(key: dict[str, Any]) -> list[Any]:
        described = run.client.ask("kms.describe_key", KeyId=key["KeyId"])
        if described is None or _of_aws(described):
            return [described, None, None, None]
        rotation = run.client.ask("kms.get_key_rotation_status", KeyId=key["KeyId"])
        policy = run.client.ask("kms.get_key_policy", KeyId=key["KeyId"], PolicyName="default")
        if rotation is None:
            return [described, None, policy, None]
        done = list(run.client.read("kms.list_key_rotations", key="Rotations", KeyId=key["KeyId"], Limit=1000))
        return [described, rotation, policy, done]

    for key, (described, rotation, policy, done) in run.client.each(
        run.client.population("kms.list_keys", key="Keys", Limit=1000), questions,
    ):
        if described is None:
            run.skip("deleted while it was read")
        elif _of_aws(described):
            run.skip("managed by AWS, not by the account")
        else:
            names = sorted(aliases.get(key["KeyId"], []))
            answers = zip(CALLS, (described, rotation, policy, done, names), strict=True)
            raw = [{"operation": call, "item": item} for call, item in answers]
            told = _settings(described["KeyMetadata"], rotation or {}, policy or {})
            told["last_rotated_at"] = max((one["RotationDate"] for one in done or ()), default=None)
            told["aliases"] = names
            for name, value in told.items():
                yield Record(setting(key["KeyArn"], name, value), raw)


def _of_aws(described: dict[str, Any]) -> bool:
    return bool(described["KeyMetadata"].get("KeyManager") == "AWS")


def _settings(key: dict[str, Any], rotation: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: key.get(member) for name, member in DESCRIBED.items()},
        "rotation_enabled": rotation.get("KeyRotationEnabled"),
        "rotation_period_days": rotation.get("RotationPeriodInDays"),
        "policy": policy.get("Policy"),
        "policy_open": open_to_all(policy["Policy"]) if policy.get("Policy") else None,
    }

"""What a moto server can hold, put into it through boto3, or its own memory where calls are many.

Dates, which moto takes from the clock, are set afterwards.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from moto.backends import get_backend
from moto.moto_api._internal.models import moto_api_backend

from tests.lab.aws import digests
from tests.lab.aws.double import Double
from tests.lab.aws.iam_shapes import tags
from tests.lab.estate import Estate
from tests.lab.things import Account, Event, Resource

IMAGE = "ami-0abcdef0123456789"


def application() -> Any:
    """Return moto's server as a WSGI application; its memory is the process's."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return DomainDispatcherApplication(create_backend_app)


def seed(estate: Estate, double: Double) -> None:
    """Put the estate into the moto server behind the double, in place of all that it held."""
    moto_api_backend.reset()
    for account in estate.accounts:  # all buckets first: flow logs go into another account's
        _buckets(estate, double, account)
    for account in estate.accounts:
        for region in estate.regions:
            _networks(estate, double, account, region)
            _instances(estate, double, account, region)
            _keys(estate, account, region)
            _log_groups(estate, account, region)
            _secrets(estate, account, region)
    _logging(estate)
    _digests(estate)


def _buckets(estate: Estate, double: Double, account: Account) -> None:
    found = [r for r in estate.resources if r.type == "AWS::S3::Bucket" and r.account == account.id]
    for bucket in found:
        _bucket(double.client("s3", account.id, bucket.region), bucket, _log_bucket(estate))
    held = get_backend("s3")[account.id]["aws"].buckets
    for bucket in found:
        held[bucket.name].creation_date = bucket.created


def _log_bucket(estate: Estate) -> str:
    return next(r.name for r in estate.resources if r.name.endswith("access-logs"))


def _bucket(s3: Any, bucket: Resource, log_bucket: str) -> None:
    traits, name = bucket.traits, bucket.name
    place = {} if bucket.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    lock = {"ObjectLockEnabledForBucket": True} if traits.get("lock") else {}
    s3.create_bucket(Bucket=name, **place, **lock)
    if traits.get("versioned") and not lock:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if traits.get("encrypted"):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    if bucket.tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(bucket.tags)})
    if lock:
        kept = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
        config = {"ObjectLockEnabled": "Enabled", "Rule": kept}
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=config)
    _access(s3, bucket, log_bucket)


def _access(s3: Any, bucket: Resource, log_bucket: str) -> None:
    name, public = bucket.name, bool(bucket.traits.get("public"))
    if public:
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{bucket.arn}/*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    else:
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(names, True))


def _logging(estate: Estate) -> None:
    """Point access logs at the log bucket; moto refuses targets of another account, which AWS allows not either."""
    target = _log_bucket(estate)
    for r in estate.resources:
        if r.type == "AWS::S3::Bucket" and r.traits.get("logging"):
            bucket = get_backend("s3")[r.account]["aws"].buckets[r.name]
            bucket.logging = {"TargetBucket": target, "TargetPrefix": f"{r.name}/"}


def _networks(estate: Estate, double: Double, account: Account, region: str) -> None:
    ec2 = double.client("ec2", account.id, region)
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        name = [{"Key": "Name", "Value": f"{account.name}-{region}"}]
        ec2.create_tags(Resources=[vpc["VpcId"]], Tags=name)
        if not estate.off(estate.file["vpcs"]["without_flow_logs"], account.id, region):
            ec2.create_flow_logs(
                ResourceIds=[vpc["VpcId"]],
                ResourceType="VPC",
                TrafficType="ALL",
                LogDestinationType="s3",
                LogDestination=f"arn:aws:s3:::{_log_bucket(estate)}",
            )


def _instances(estate: Estate, double: Double, account: Account, region: str) -> None:
    found = estate.of("AWS::EC2::Instance", account.id, region)
    if not found:
        return
    ec2 = double.client("ec2", account.id, region)
    backend = get_backend("ec2")[account.id][region]
    backend.snapshots.clear()  # of the thousand images that moto knows; no company has them
    ec2.run_instances(ImageId=IMAGE, MinCount=len(found), MaxCount=len(found), InstanceType="m6i.large")
    (reservation,) = backend.reservations.values()
    for made, meant in zip(reservation.instances, found, strict=True):
        _become(backend, made, meant)


def _become(backend: Any, made: Any, meant: Resource) -> None:
    """Give an instance of moto the id, launch time, image, guard of its metadata and tags that the estate has for it."""
    volumes = [device.volume_id for device in made.block_device_mapping.values()]
    made.id = meant.id
    made.launch_time = meant.created.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    made.image_id = meant.traits["image"]
    made.metadata_options.http_tokens = meant.traits["metadata"]
    for volume in volumes:
        held = backend.volumes[volume]
        held.attachment.instance = made
        held.create_time = meant.created
    if meant.tags:
        backend.create_tags([meant.id], dict(meant.tags))


def _keys(estate: Estate, account: Account, region: str) -> None:
    backend: Any = get_backend("kms")[account.id][region]
    for key in estate.of("AWS::KMS::Key", account.id, region):
        held = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", key.name, None)
        del backend.keys[held.id]
        held.id, held.arn, held.creation_date = key.id, key.arn, key.created.timestamp()
        backend.keys[key.id] = held
        backend.create_alias(key.id, f"alias/{key.name}")
        if key.tags:
            backend.tag_resource(key.id, dict(key.tags))
        if key.traits["rotation"]:
            backend.enable_key_rotation(key.id)


def _log_groups(estate: Estate, account: Account, region: str) -> None:
    backend: Any = get_backend("logs")[account.id][region]
    entry = {"timestamp": int((estate.now - timedelta(minutes=10)).timestamp() * 1000), "message": "started"}
    for group in estate.of("AWS::Logs::LogGroup", account.id, region):
        backend.create_log_group(group.name, dict(group.tags))
        if group.traits["retention"]:
            backend.put_retention_policy(group.name, group.traits["retention"])
        backend.groups[group.name].creation_time = group.created.replace(tzinfo=None)
        backend.create_log_stream(group.name, "app")
        backend.put_log_events(group.name, "app", [entry])


def _secrets(estate: Estate, account: Account, region: str) -> None:
    backend: Any = get_backend("secretsmanager")[account.id][region]
    for secret in estate.of("AWS::SecretsManager::Secret", account.id, region):
        backend.create_secret(secret.name, "lab", None, None, tags(secret.tags), None, None, [], False)
        backend.secrets[secret.name].created_date = secret.created.timestamp()


def _digests(estate: Estate) -> None:
    """Put the digest chains of the file's trail into its bucket: of every account where it is the organization's."""
    said = estate.file["digests"]
    owner = estate.account(said["account"])
    trail = next(t for t in estate.file["trails"] if t["name"] == said["trail"])
    for account in estate.accounts if trail["organization"] else (owner,):
        for region in estate.regions:
            faulty = account == owner and region == estate.file["home_region"]
            faults = {int(f["hour"]): f["fault"] for f in said["faults"]} if faulty else {}
            _chain(estate, account, region, trail, faults)


def _chain(estate: Estate, account: Account, region: str, trail: Mapping[str, Any], faults: dict[int, Any]) -> None:
    said = estate.file["digests"]
    store = get_backend("s3")[estate.account(said["account"]).id]["aws"]
    hours = int(estate.file["digest_hours"])
    prefix = estate.file["organization"]["id"] if trail["organization"] else ""
    chain = digests.Chain(account.id, region, trail["name"], trail["region"], said["bucket"], prefix)
    seen = [e for e in estate.events if (e.account, e.region) == (account.id, region)]

    def put(key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        made = store.put_object(said["bucket"], key, body)
        made.set_metadata({f"x-amz-meta-{name}": value for name, value in metadata.items()})

    first = estate.now - timedelta(hours=hours)
    digests.write(put, chain, first, hours, functools.partial(_between, seen), faults)


def _between(events: list[Event], start: Any, end: Any) -> Iterator[dict[str, str]]:
    return ({"eventID": e.id, "eventName": e.name} for e in events if start <= e.at < end)

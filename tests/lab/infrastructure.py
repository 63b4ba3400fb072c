"""What runs and what is stored: the resources of an account, named ones first, the rest drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.things import Account, Resource

if TYPE_CHECKING:
    from tests.lab.estate import Estate

# section of the file: AWS's type name, prefix of drawn names, shape of the ARN
KINDS: Mapping[str, tuple[str, str, str]] = {
    "instances": ("AWS::EC2::Instance", "app", "arn:aws:ec2:{region}:{account}:instance/{id}"),
    "buckets": ("AWS::S3::Bucket", "nordwind", "arn:aws:s3:::{name}"),
    "databases": ("AWS::RDS::DBInstance", "db", "arn:aws:rds:{region}:{account}:db:{name}"),
    "tables": ("AWS::DynamoDB::Table", "table", "arn:aws:dynamodb:{region}:{account}:table/{name}"),
    "functions": ("AWS::Lambda::Function", "fn", "arn:aws:lambda:{region}:{account}:function:{name}"),
    "keys": ("AWS::KMS::Key", "key", "arn:aws:kms:{region}:{account}:key/{id}"),
    "certificates": ("AWS::ACM::Certificate", "cert", "arn:aws:acm:{region}:{account}:certificate/{id}"),
    "secrets": ("AWS::SecretsManager::Secret", "secret", "arn:aws:secretsmanager:{region}:{account}:secret:{name}"),
    "log_groups": ("AWS::Logs::LogGroup", "/app/log", "arn:aws:logs:{region}:{account}:log-group:{name}"),
    "repositories": ("AWS::ECR::Repository", "image", "arn:aws:ecr:{region}:{account}:repository/{name}"),
}
BACKED_UP = ("instances", "buckets", "databases", "tables")


def resources(estate: Estate, account: Account) -> Iterator[Resource]:
    """Yield the resources of an account."""
    for section in KINDS:
        said = estate.named(section, account)
        for number, entry in enumerate(said):
            yield _named(estate, account, section, number, entry)
        for number in range(len(said), estate.count(section, account)):
            yield _drawn(estate, account, section, number)


def _make(estate: Estate, account: Account, section: str, region: str, name: str, number: int, **rest: Any) -> Resource:
    kind, _, arn = KINDS[section]
    chance = estate.random("id", section, account.id, number)
    digits = f"{chance.getrandbits(68):017x}"
    unique = f"{digits[:8]}-{digits[8:12]}-4000-8000-{number:012x}"
    ident = f"i-{digits}" if section == "instances" else unique if section in ("keys", "certificates") else name
    place = arn.format(region=region, account=account.id, id=ident, name=name)
    return Resource(account.id, region, kind, name, ident, place, **rest)


def _named(estate: Estate, account: Account, section: str, number: int, entry: dict[str, Any]) -> Resource:
    name = str(entry.get("name") or entry.get("alias"))
    tags = {"Name": name, "owner": "platform"} if entry.get("tagged", True) else {}
    created = estate.ago(entry.get("created", "600d"))
    protected = bool(entry.get("protected", False))
    rest = {"created": created, "tags": tags, "protected": protected, "traits": {**DEFAULTS.get(section, {}), **entry}}
    return _make(estate, account, section, entry["region"], name, number, **rest)


# The facts of a thing that the file does not name: all in order.
DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "instances": {"patched": True, "metadata": "required", "image": "ami-0abcdef0123456789"},
    "buckets": {"public": False, "encrypted": True, "versioned": True, "logging": True, "denied": False, "lock": None},
    "databases": {"encrypted": True, "retention": 7, "multi_az": True, "public": False},
    "tables": {"pitr": True},
    "functions": {"runtime": "python3.13", "url": None},
    "keys": {"rotation": True},
    "log_groups": {"retention": 365},
}


def _drawn(estate: Estate, account: Account, section: str, number: int) -> Resource:
    chance = estate.random(section, account.id, number)
    region = estate.regions[number % len(estate.regions)]
    prefix = KINDS[section][1]
    name = f"{prefix}-{account.name}-{number:04d}"
    tags = {"Name": name, "owner": chance.choice(estate.file["owners"]), "environment": account.environment}
    if chance.random() < 0.05:
        tags = {}
    created = estate.now - timedelta(days=chance.randint(20, 1200), seconds=chance.randint(0, 86399))
    share = float(estate.file["backup"]["protected"])
    protected = section in BACKED_UP and account.environment == "production" and chance.random() < share
    rest = {"created": created, "tags": tags, "protected": protected, "traits": DEFAULTS.get(section, {})}
    return _make(estate, account, section, region, name, number, **rest)

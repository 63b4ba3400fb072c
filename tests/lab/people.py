"""Who can get in: users, roles, and the people and assignments of Identity Center."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.things import AccessKey, Account, Assignment, Person, Role, User

if TYPE_CHECKING:
    from tests.lab.estate import Estate

FIRST = "anna ben clara david elif felix greta hanna ivan julia karim lena milan nora oskar paula quinn rosa sami tara"
LAST = "adler brandt costa demir ernst fischer gruber haas ito jansen kaya lorenz meyer novak okafor pohl roth sato"
POLICIES = ("ReadOnlyAccess", "PowerUserAccess", "AmazonS3ReadOnlyAccess", "AWSBackupFullAccess", "AdministratorAccess")
SERVICES = ("lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "backup.amazonaws.com")


def name_of(number: int) -> str:
    """Return the login name of person `number`; no two are alike."""
    first, last = FIRST.split(), LAST.split()
    base = f"{first[number % len(first)]}.{last[number // len(first) % len(last)]}"
    again = number // (len(first) * len(last))
    return base if not again else f"{base}{again + 1}"


def users(estate: Estate, account: Account) -> Iterator[User]:
    """Yield the users of an account: those named in the file, then drawn ones that keep the rules."""
    said = estate.named("users", account)
    for entry in said:
        yield _named(estate, account, entry)
    taken = {entry["name"] for entry in said}
    for number in range(max(estate.count("users", account) - len(said), 0)):
        name = name_of(number * len(estate.accounts) + account.index)
        if name not in taken:
            yield _drawn(estate, account, name)


def _named(estate: Estate, account: Account, entry: dict[str, Any]) -> User:
    last = entry.get("last_used")
    keys = tuple(
        AccessKey(_key_id(account, entry["name"], n), estate.ago(k["created"]), estate.ago(k["last_used"]))
        for n, k in enumerate(entry.get("keys", ()))
    )
    return User(
        account.id,
        entry["name"],
        estate.ago(entry["created"]),
        bool(entry["console"]),
        bool(entry.get("mfa")),
        estate.ago(last) if last else None,
        keys,
        tuple(entry.get("groups", ())),
        {"owner": "office-it"} if entry.get("tagged", True) else {},
    )


def _drawn(estate: Estate, account: Account, name: str) -> User:
    chance = estate.random("user", account.id, name)
    created = estate.now - timedelta(days=chance.randint(40, 900), hours=chance.randint(0, 23))
    last = estate.now - timedelta(days=chance.randint(0, 30), hours=chance.randint(0, 23))
    keys: tuple[AccessKey, ...] = ()
    if chance.random() < 0.3:
        made = max(created, estate.now - timedelta(days=chance.randint(1, 80)))
        keys = (AccessKey(_key_id(account, name, 0), made, max(made, last)),)
    group = chance.choice(estate.file["groups"])
    tags = {"owner": chance.choice(estate.file["owners"])}
    return User(account.id, name, created, True, True, max(last, created), keys, (group,), tags)


def _key_id(account: Account, name: str, number: int) -> str:
    chance = random.Random(f"{account.id}/{name}/{number}")
    return "AKIA" + "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))


def roles(estate: Estate, account: Account) -> Iterator[Role]:
    """Yield the roles of an account, among them the one that the agent assumes."""
    first = estate.accounts[0].id
    created = estate.ago("420d")
    yield Role(account.id, "annexa", created, f"arn:aws:iam::{first}:root", "ReadOnlyAccess", estate.ago("1d"))
    for number in range(estate.count("roles", account) - 1):
        chance = estate.random("role", account.id, number)
        made = estate.now - timedelta(days=chance.randint(30, 900))
        used = estate.now - timedelta(days=chance.randint(0, 20)) if chance.random() < 0.8 else None
        policy = chance.choice(POLICIES[:4])
        tags = {"team": chance.choice(estate.file["owners"])}
        yield Role(account.id, f"service-{number:04d}", made, chance.choice(SERVICES), policy, used, tags)


def persons(estate: Estate) -> Iterator[Person]:
    """Yield the users of Identity Center; those with a direct assignment are among them."""
    center = estate.file["identity_center"]
    disabled = set(center["disabled"])
    extra = [entry["user"] for entry in center["direct"]] + sorted(disabled)
    for number, name in enumerate([*extra, *(name_of(n) for n in range(int(estate.file["people"]) * estate.scale))]):
        chance = estate.random("person", name)
        groups = () if name in extra else (chance.choice(estate.file["groups"]),)
        display = name.replace(".", " ").title()
        yield Person(f"90671c0d-0000-4000-8000-{number:012d}", name, display, name not in disabled, groups)


def assignments(estate: Estate) -> Iterator[Assignment]:
    """Yield the assignments as the file lists them."""
    center = estate.file["identity_center"]
    for kind, field, entries in (("GROUP", "group", center["assignments"]), ("USER", "user", center["direct"])):
        for entry in entries:
            for account in entry["accounts"]:
                yield Assignment(estate.account(account).id, entry["permission_set"], entry[field], kind)

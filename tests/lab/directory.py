"""The company's tenant of Microsoft Entra: its people and guests, groups, reviews, roles, applications, devices, logs."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.lab.estate import Estate

CHANGES = ("Update user", "Add member to group", "Add user", "Update application", "Consent to application")
APPS = ("Office 365 Exchange Online", "Azure Portal", "Nordwind Shop", "Microsoft Teams")
REVIEW_DAYS = 14


def ident(*names: object) -> str:
    """Return the GUID of what has this name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(str(name) for name in names)))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with an account; `groups` are names."""

    name: str
    upn: str
    id: str
    display: str
    guest: bool
    enabled: bool
    created: datetime
    last_sign_in: datetime | None
    mfa: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one person; without a reviewer nobody decided. `applied` is None for an approval."""

    id: str
    member: Member
    verdict: str
    reviewer: Member | None
    at: datetime | None
    applied: bool | None


@dataclass(frozen=True, slots=True)
class Review:
    """One instance of an access review."""

    id: str
    name: str
    definition: str
    group: str
    starts: datetime
    ends: datetime
    status: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A role of the directory that somebody holds or may activate (`how` is Assigned, Activated or Eligible)."""

    id: str
    role: str
    principal: str
    group: bool
    how: str
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Application:
    """An application; each secret and certificate is (id, created, ends)."""

    id: str
    name: str
    created: datetime
    secrets: tuple[tuple[str, datetime, datetime], ...]
    certificates: tuple[tuple[str, datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Device:
    """A device; nobody owns it where `owner` is None."""

    id: str
    name: str
    owner: Member | None
    compliant: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """A sign-in (`target` is the application) or a change of the directory; `admin` tells whose a consent was."""

    id: str
    at: datetime
    actor: Member
    action: str
    target: str
    failed: bool
    address: str
    client: str = "Browser"
    admin: bool = True


@dataclass(frozen=True)
class Directory:
    """The tenant of an estate."""

    estate: Estate

    @property
    def file(self) -> Mapping[str, Any]:
        """Return the section of the file."""
        found: Mapping[str, Any] = self.estate.file["entra"]
        return found

    def count(self, name: str) -> int:
        """Return how many of a kind there are."""
        return int(self.file["counts"][name]) * self.estate.scale

    @functools.cached_property
    def members(self) -> tuple[Member, ...]:
        """The people of the organization, those named beside them, and guests."""
        people = {one.name: one.groups for one in self.estate.people}
        people |= dict.fromkeys((*self.file["people"], "breakglass.one"), ("administrators",))
        guests = [f"guest{number:04d}" for number in range(int(self.file["guests"]) * self.estate.scale)]
        named = [self._member(name, groups, guest=False) for name, groups in people.items()]
        return (*named, *(self._member(name, ("guests",), guest=True) for name in guests))

    def _member(self, name: str, groups: tuple[str, ...], *, guest: bool) -> Member:
        chance, domain = self.estate.random("entra", "member", name), self.file["domain"]
        created = self.estate.now - timedelta(days=chance.randint(60, 1500))
        former = self.file["former"].get(name)
        last = self.estate.ago(former) if former else self.estate.now - timedelta(hours=chance.randint(2, 40 * 24))
        upn = f"{name}_partner.example#EXT#@{domain}" if guest else f"{name}@{domain}"
        mfa = name not in self.file["without_mfa"]
        return Member(name, upn, ident("user", name), name.replace(".", " ").title(), guest, True,
                      created, last, mfa, groups)

    @functools.cached_property
    def by_name(self) -> Mapping[str, Member]:
        """Everybody by login name."""
        return {one.name: one for one in self.members}

    @functools.cached_property
    def groups(self) -> Mapping[str, str]:
        """The id of each group by its name."""
        names = [*self.estate.file["groups"], "guests"]
        names += [f"team-{number:04d}" for number in range(self.count("groups") - len(names))]
        return {name: ident("group", name) for name in names}

    @functools.cached_property
    def reviews(self) -> tuple[Review, ...]:
        """Every instance of every access review, in the file's order."""
        return tuple(one for entry in self.file["reviews"] for one in self._reviews(entry))

    def _reviews(self, entry: Mapping[str, Any]) -> Iterator[Review]:
        definition, undecided = ident("review", entry["name"]), entry.get("undecided", ())
        for day in entry["ended"]:
            ends = self.estate.ago(day)
            starts, over = ends - timedelta(days=REVIEW_DAYS), ends <= self.estate.now
            found = tuple(self._decisions(entry, day, ends, decided=day not in undecided)) if over else ()
            status = "Applied" if over else "InProgress" if starts <= self.estate.now else "NotStarted"
            yield Review(ident("review", entry["name"], day), entry["name"], definition, entry["group"],
                         starts, ends, status, found)
        if "overdue" in entry:
            ends = self.estate.ago(entry["overdue"])
            yield Review(ident("review", entry["name"], "open"), entry["name"], definition, entry["group"],
                         ends - timedelta(days=REVIEW_DAYS), ends, "InProgress", ())

    def _decisions(self, entry: Mapping[str, Any], day: date, ends: datetime, *, decided: bool) -> Iterator[Decision]:
        reviewer, refused = self.by_name[entry["reviewer"]], self.file["refused"]
        reviewed = [one for one in self.members if entry["group"] in one.groups and one != reviewer]
        here = (refused["review"], refused["ended"]) == (entry["name"], day)
        reviewed += [self.by_name[refused["person"]]] if here else []
        for number, member in enumerate(reviewed):
            chance = self.estate.random("entra", "decision", entry["name"], day, member.name)
            at = ends - timedelta(days=chance.randint(1, REVIEW_DAYS - 1), minutes=chance.randrange(600))
            no = here and member.name == refused["person"]
            key = ident("decision", entry["name"], day, member.name)
            if not decided and number % 2:
                yield Decision(key, member, "NotReviewed", None, None, None)
            else:
                yield Decision(key, member, "Deny" if no else "Approve", reviewer, at,
                               bool(refused["applied"]) if no else None)

    @functools.cached_property
    def held(self) -> tuple[Held, ...]:
        """The roles of the directory."""
        found = []
        for entry in self.file["roles"]:
            name = entry.get("group") or entry["user"]
            ends = self.estate.now + timedelta(hours=entry["hours"]) if "hours" in entry else None
            principal = self.groups[name] if "group" in entry else self.by_name[name].id
            key = ident("held", entry["role"], name, entry["how"])
            found.append(Held(key, entry["role"], principal, "group" in entry, entry["how"], ends))
        return tuple(found)

    @functools.cached_property
    def applications(self) -> tuple[Application, ...]:
        """Applications: the named ones, then drawn ones that keep the rules."""
        said = [self._application(entry) for entry in self.file["applications"]]
        drawn = [
            {"name": f"app-{number:04d}", "secrets": [{"created": f"{20 + number * 7 % 300}d", "ends": "-120d"}]}
            for number in range(self.count("applications") - len(said))
        ]
        return (*said, *(self._application(entry) for entry in drawn))

    def _application(self, entry: Mapping[str, Any]) -> Application:
        def keys(section: str) -> tuple[tuple[str, datetime, datetime], ...]:
            return tuple(
                (ident(section, entry["name"], number), self.estate.ago(one["created"]), self.estate.ago(one["ends"]))
                for number, one in enumerate(entry.get(section, ()))
            )

        return Application(ident("app", entry["name"]), entry["name"], self.estate.ago("700d"),
                           keys("secrets"), keys("certificates"))

    @functools.cached_property
    def devices(self) -> tuple[Device, ...]:
        """Devices: the named ones, then one after the other for everybody."""
        found = [
            Device(ident("device", one["name"]), one["name"], self.by_name[one["owner"]] if one["owner"] else None,
                   one["compliant"], self.estate.ago("300d"))
            for one in self.file["devices"]
        ]
        staff = [one for one in self.members if not one.guest]
        for number in range(self.count("devices") - len(found)):
            owner = staff[number % len(staff)]
            name = f"nw-nb-{number:04d}"
            found.append(Device(ident("device", name), name, owner, compliant=True, created=self.estate.ago("200d")))
        return tuple(found)

    @functools.cached_property
    def sign_ins(self) -> tuple[Happening, ...]:
        """Interactive sign-ins, oldest first; the leaver is not among those who sign in."""
        found = list(self._happened("sign_ins_a_day", APPS, lambda _chance: "sign-in"))
        for one in self.file["legacy_sign_ins"]:
            at = self.estate.ago(one["age"]) + timedelta(hours=11)
            found.append(Happening(ident("sign-in", one["client"], one["user"]), at, self.by_name[one["user"]],
                                   "sign-in", APPS[0], one["failed"], "203.0.113.78", one["client"]))
        return tuple(sorted(found, key=lambda one: one.at))

    @functools.cached_property
    def changes(self) -> tuple[Happening, ...]:
        """The audit log of the directory, oldest first."""
        found = list(self._happened("changes_a_day", ("directory",), lambda chance: chance.choice(CHANGES)))
        for one in self.file["events"]:
            at = self.estate.ago(one["age"]) + timedelta(hours=10)
            person = self.by_name.get(one["target"])
            found.append(Happening(ident("change", one["activity"], one["user"]), at, self.by_name[one["user"]],
                                   one["activity"], person.upn if person else one["target"], False, "203.0.113.77",
                                   admin=one.get("admin", True)))
        return tuple(sorted(found, key=lambda one: (one.at, one.id)))

    def _happened(self, section: str, targets: tuple[str, ...], action: Any) -> Iterator[Happening]:
        active = [one for one in self.members if one.name not in self.file["former"]]
        for age in range(int(self.file["event_days"]), 0, -1):
            chance = self.estate.random("entra", section, age)
            day = self.estate.now - timedelta(days=age)
            for second in sorted(chance.randrange(86400) for _ in range(self.count(section))):
                yield Happening(
                    str(uuid.UUID(int=chance.getrandbits(128), version=4)), day + timedelta(seconds=second),
                    chance.choice(active), action(chance), chance.choice(targets), chance.random() < 0.04,
                    f"198.51.100.{chance.randint(1, 254)}",
                )

"""What the company has in Google Cloud: projects, what runs and is stored there, who may do what, what happened."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.people import name_of

if TYPE_CHECKING:
    from tests.lab.estate import Estate

# section of the file: Google's type name, prefix of drawn names, shape of the full resource name
KINDS: Mapping[str, tuple[str, str, str]] = {
    "instances": ("compute.googleapis.com/Instance", "vm",
                  "//compute.googleapis.com/projects/{project}/zones/{location}-b/instances/{name}"),
    "buckets": ("storage.googleapis.com/Bucket", "bucket", "//storage.googleapis.com/{name}"),
    "databases": ("sqladmin.googleapis.com/Instance", "sql",
                  "//cloudsql.googleapis.com/projects/{project}/instances/{name}"),
    "clusters": ("container.googleapis.com/Cluster", "gke",
                 "//container.googleapis.com/projects/{project}/locations/{location}/clusters/{name}"),
    "keys": ("cloudkms.googleapis.com/CryptoKey", "key",
             "//cloudkms.googleapis.com/projects/{project}/locations/{location}/keyRings/app/cryptoKeys/{name}"),
}
METHODS = (
    ("storage.buckets.update", "storage.googleapis.com"),
    ("v1.compute.instances.insert", "compute.googleapis.com"),
    ("SetIamPolicy", "cloudresourcemanager.googleapis.com"),
    ("cloudsql.instances.update", "cloudsql.googleapis.com"),
    ("google.iam.admin.v1.CreateServiceAccount", "iam.googleapis.com"),
)
ACCESSES, WRITE = 48, "storage.objects.create"
"""Entries of data access in each project that has a bucket, an hour apart, and the method of those that wrote."""
CATEGORIES = ("PUBLIC_BUCKET_ACL", "OPEN_SSH_PORT", "MFA_NOT_ENFORCED", "SQL_NO_ROOT_PASSWORD", "FLOW_LOGS_DISABLED")
SEVERITIES = ("LOW", "MEDIUM", "MEDIUM", "HIGH", "CRITICAL")


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `index` is its column in the file's counts."""

    id: str
    number: str
    environment: str
    owner: str
    in_folder: bool
    index: int


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource: `id` is its full name; `traits` are the facts of its type."""

    project: Project
    type: str
    name: str
    id: str
    location: str
    created: datetime
    labels: Mapping[str, str]
    traits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Robot:
    """A service account, and when each of its keys was made."""

    project: Project
    email: str
    disabled: bool
    keys: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """One backup of a database or a cluster, or one restore of it."""

    resource: Thing
    id: str
    at: datetime
    ended: datetime
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Binding:
    """Who holds a role on a resource (its full name)."""

    resource: str
    type: str
    role: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an audit log; `parent` is a project's id or `organization`."""

    parent: str
    id: str
    at: datetime
    method: str
    service: str
    resource: str
    actor: str
    address: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding of Security Command Center."""

    id: str
    category: str
    severity: str
    resource: Thing
    at: datetime
    muted: bool


@dataclass(frozen=True)
class Google:
    """The part of an estate that is in Google Cloud."""

    estate: Estate

    @property
    def file(self) -> Mapping[str, Any]:
        """Return the section of the file."""
        found: Mapping[str, Any] = self.estate.file["gcp"]
        return found

    @functools.cached_property
    def organization(self) -> str:
        """The organization's resource name."""
        return f"organizations/{self.file['organization']['number']}"

    @functools.cached_property
    def folder(self) -> str:
        """The folder's resource name."""
        return f"folders/{self.file['folder']['number']}"

    @functools.cached_property
    def projects(self) -> tuple[Project, ...]:
        """The projects, in the file's order."""
        return tuple(
            Project(one["id"], one["number"], one["environment"], one["owner"], one.get("folder", False), number)
            for number, one in enumerate(self.file["projects"])
        )

    def count(self, section: str, project: Project) -> int:
        """Return how many of a kind a project has."""
        return int(self.file["counts"][section][project.index]) * self.estate.scale

    def off(self, api: str, project: str) -> bool:
        """Return whether an API is switched off in a project (its id)."""
        return any(one["project"] == project and api in one["apis"] for one in self.file["switched_off"])

    @functools.cached_property
    def things(self) -> tuple[Thing, ...]:
        """Every resource of every project."""
        return tuple(one for project in self.projects for section in KINDS for one in self._things(project, section))

    def of(self, section: str, project: str = "") -> list[Thing]:
        """Return the resources of a section of the file, of one project (its id) or of all."""
        return [one for one in self.things if one.type == KINDS[section][0] and project in ("", one.project.id)]

    def _things(self, project: Project, section: str) -> Iterator[Thing]:
        said = (self.file.get(section) or {}).get(project.id, ())
        for entry in said:
            yield self._thing(project, section, entry["name"], entry)
        for number in range(len(said), self.count(section, project)):
            yield self._thing(project, section, f"{KINDS[section][1]}-{project.id}-{number:04d}", {})

    def _thing(self, project: Project, section: str, name: str, traits: Mapping[str, Any]) -> Thing:
        kind, _, shape = KINDS[section]
        chance = self.estate.random("gcp", section, project.id, name)
        place = str(self.file["location"])
        created = self.estate.now - timedelta(days=chance.randint(60, 900), seconds=chance.randrange(86400))
        labels = {"owner": project.owner, "environment": project.environment}
        full = shape.format(project=project.id, location=place, name=name)
        return Thing(project, kind, name, full, place, created, labels, traits)

    @functools.cached_property
    def robots(self) -> tuple[Robot, ...]:
        """Service accounts of all projects."""
        return tuple(one for project in self.projects for one in self._robots(project))

    def _robots(self, project: Project) -> Iterator[Robot]:
        said = (self.file.get("service_accounts") or {}).get(project.id, ())
        for entry in said:
            keys = tuple(self.estate.ago(key["created"]) for key in entry.get("keys", ()))
            yield Robot(project, f"{entry['name']}@{project.id}.iam.gserviceaccount.com", False, keys)
        for number in range(len(said), self.count("service_accounts", project)):
            chance = self.estate.random("gcp", "robot", project.id, number)
            keys = (self.estate.now - timedelta(days=chance.randint(1, 80)),) if chance.random() < 0.3 else ()
            yield Robot(project, f"svc-{number:04d}@{project.id}.iam.gserviceaccount.com", chance.random() < 0.1, keys)

    @functools.cached_property
    def backups(self) -> tuple[Copy, ...]:
        """Backups of databases and clusters that are still kept, oldest first."""
        guarded = [one for one in (*self.of("databases"), *self.of("clusters")) if one.traits.get("backed_up", True)]
        fails = float(self.file["fails"])
        return tuple(
            self._copy("backup", one, self.estate.now - timedelta(days=age), fails=fails if age > 1 and one.type == KINDS["databases"][0] else 0.0)
            for age in range(int(self.file["kept"]), 0, -1) for one in guarded
        )

    @functools.cached_property
    def restores(self) -> tuple[Copy, ...]:
        """Restores of the databases and clusters of production over the whole history, oldest first."""
        return tuple(sorted(self._restores(), key=lambda one: (one.at, one.id)))

    def _restores(self) -> Iterator[Copy]:
        first = self.estate.now - timedelta(days=round(int(self.estate.file["history"]) * 365 / 12))
        step = self.estate.now - self.estate.ago(self.file["restore_every"])
        broken = self.file["restore_fails"]["database"]
        for thing in (*self.of("databases"), *self.of("clusters")):
            at = last = self.estate.ago(self.file["restore_last"])
            while at > first and thing.project.environment == "production" and thing.traits.get("backed_up", True):
                yield self._copy("restore", thing, at, fails=1.0 if thing.name == broken and at == last else 0.0)
                at -= step

    def _copy(self, what: str, thing: Thing, day: datetime, fails: float) -> Copy:
        chance = self.estate.random("gcp", what, thing.id, day.date())
        at = day + timedelta(hours=1, seconds=chance.randrange(7200))
        ended = at + timedelta(seconds=chance.randint(120, 3600))
        return Copy(thing, f"{chance.getrandbits(40):013d}", at, ended, chance.random() >= fails)

    @functools.cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """Who holds which role: what every project has, and what the file says."""
        domain, kind = self.estate.file["entra"]["domain"], "cloudresourcemanager.googleapis.com/Project"
        found = []
        for project in self.projects:
            place = f"//cloudresourcemanager.googleapis.com/projects/{project.id}"
            robots = tuple(f"serviceAccount:{one.email}" for one in self.robots if one.project == project)
            found.append(Binding(place, kind, "roles/owner", (f"group:administrators@{domain}",)))
            found.append(Binding(place, kind, "roles/viewer", (f"group:auditors@{domain}",)))
            found.append(Binding(place, kind, "roles/storage.objectViewer", robots))
            said = [one for one in self.file["bindings"] if one["project"] == project.id]
            found += [Binding(place, kind, one["role"], tuple(one["members"])) for one in said]
        found += [
            Binding(one.id, one.type, "roles/storage.objectViewer", ("allUsers",))
            for one in self.of("buckets") if one.traits.get("public")
        ]
        return tuple(found)

    @functools.cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Entries of the logs of administrative activity, oldest first."""
        found = [one for project in self.projects for one in self._drawn(project)]
        found += [self._said(one) for one in self.file["events"]]
        return tuple(sorted(found, key=lambda one: (one.at, one.id)))

    def _said(self, said: Mapping[str, Any]) -> Entry:
        actor = f"{said['user']}@{self.estate.file['entra']['domain']}"
        at = self.estate.ago(said["age"]) + timedelta(hours=7)
        return Entry(said["parent"], f"said-{said['parent']}", at, said["method"], said["service"],
                     said["resource"], actor, "203.0.113.77")

    def _drawn(self, project: Project) -> Iterator[Entry]:
        domain, things = self.estate.file["entra"]["domain"], [one for one in self.things if one.project == project]
        for age in range(int(self.file["event_days"]), 0, -1):
            chance = self.estate.random("gcp", "entry", project.id, age)
            day = self.estate.now - timedelta(days=age)
            for number in range(self.count("events_a_day", project)):
                method, service = METHODS[chance.randrange(len(METHODS))]
                at = day + timedelta(seconds=chance.randrange(86400), microseconds=number)
                actor = f"{name_of(chance.randrange(int(self.estate.file['people'])))}@{domain}"
                target = things[chance.randrange(len(things))].id
                yield Entry(project.id, f"{chance.getrandbits(48):012x}", at, method, service, target, actor,
                            f"198.51.100.{chance.randint(1, 254)}")

    @functools.cached_property
    def accesses(self) -> tuple[Entry, ...]:
        """Entries of the logs of data access of the last days, oldest first: reads and writes of what buckets hold."""
        found = [one for project in self.projects for one in self._accessed(project)]
        return tuple(sorted(found, key=lambda one: (one.at, one.id)))

    def _accessed(self, project: Project) -> Iterator[Entry]:
        domain, buckets = self.estate.file["entra"]["domain"], self.of("buckets", project.id)
        for number in range(ACCESSES if buckets else 0):
            chance = self.estate.random("gcp", "access", project.id, number)
            bucket = buckets[chance.randrange(len(buckets))]
            method = chance.choice(("storage.objects.get", "storage.objects.get", WRITE))
            at = self.estate.now - timedelta(hours=number, seconds=chance.randrange(1, 3600))
            actor = f"{name_of(chance.randrange(int(self.estate.file['people'])))}@{domain}"
            yield Entry(project.id, f"{chance.getrandbits(48):012x}", at, method, "storage.googleapis.com",
                        f"projects/_/buckets/{bucket.name}/objects/{number:04d}.csv", actor, "203.0.113.7")

    @functools.cached_property
    def alarms(self) -> tuple[Alarm, ...]:
        """Active findings of Security Command Center."""
        return tuple(self._alarm(p, n) for p in self.projects for n in range(self.count("findings", p)))

    def _alarm(self, project: Project, number: int) -> Alarm:
        things = self.of("instances", project.id) + self.of("buckets", project.id)
        chance = self.estate.random("gcp", "alarm", project.id, number)
        at = self.estate.now - timedelta(days=chance.randint(1, 80), seconds=chance.randrange(86400))
        return Alarm(f"{chance.getrandbits(64):016x}", CATEGORIES[number % len(CATEGORIES)],
                     SEVERITIES[chance.randrange(len(SEVERITIES))], things[number % len(things)], at,
                     chance.random() < 0.1)

"""What belongs to a scope: the folders and projects below an organization or a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from agent.clients.failure import CallError
from agent.clients.gcp.client import GcpClient
from agent.clients.text import plain
from agent.clients.witness import Witness
from agent.collector import Api, Header
from agent.errors import FatalError
from agent.model import Lacking

WIDTH = 8
"""Folders that are listed side by side."""
SCRIPTS = "sys-"
"""How the ids of the projects begin that Google makes for each Apps Script."""
_GET = ("cloudresourcemanager.organizations.get", "cloudresourcemanager.folders.get",
        "cloudresourcemanager.projects.get")
_FOLDERS, _PROJECTS = "cloudresourcemanager.folders.list", "cloudresourcemanager.projects.list"
HEADER = Header(
    id="gcp.expansion", title="Expansion", kind="asset", provider="gcp", per="boundary",
    population="Every project below the parent of a scope.",
    calls=(
        Api(_GET[0], ("resourcemanager.organizations.get",)),
        Api(_GET[1], ("resourcemanager.folders.get",)),
        Api(_GET[2], ("resourcemanager.projects.get",)),
        Api(_FOLDERS, ("resourcemanager.folders.list",)),
        Api(_PROJECTS, ("resourcemanager.projects.list",)),
    ),
)
"""What the client itself asks before any collector does."""


@dataclass(slots=True)
class Tree:
    """The folders and projects found, what could not be listed, and which were passed over."""

    top: dict[str, Any]
    folders: list[dict[str, Any]] = field(default_factory=list)
    projects: list[dict[str, Any]] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def tree(open_: Callable[[Witness], GcpClient], parent: str, exclude: tuple[str, ...]) -> Tree:
    """Return what is below a parent, the parent itself included; raises `FatalError` where it cannot be read."""
    client = open_(Witness(HEADER))
    try:
        top = client.ask(next(one for one in _GET if f".{parent.partition('/')[0]}." in one), name=parent) or {}
    except CallError as error:
        raise FatalError(error.message, advice=error.advice) from None
    found = Tree(top)
    if parent.startswith("projects/"):
        found.projects.append(top)
        return found
    _walk(open_, str(top.get("name") or parent), found)
    _sort_out(found, exclude)
    return found


def _walk(open_: Callable[[Witness], GcpClient], parent: str, found: Tree) -> None:
    waiting = [parent]
    with ThreadPoolExecutor(max_workers=WIDTH, thread_name_prefix="annexa-expand") as pool:
        while waiting:
            level = list(pool.map(lambda one: _below(open_(Witness(HEADER)), one), waiting))
            waiting = []
            for folders, projects, lacking in level:
                waiting += [str(folder["name"]) for folder in folders]
                found.folders += folders
                found.projects += projects
                found.lacking += lacking


def _below(client: GcpClient, parent: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Lacking]]:
    lacking: list[Lacking] = []

    def read(call: str, key: str) -> Iterator[dict[str, Any]]:
        try:
            yield from client.read(call, key=key, parent=parent, pageSize=100)
        except CallError as error:
            detail = f"{key} below {parent}: {error.lacking.detail}"
            lacking.append(Lacking(call, error.lacking.reason, detail, error.lacking.permission))

    return list(read(_FOLDERS, "folders")), list(read(_PROJECTS, "projects")), lacking


def _sort_out(found: Tree, exclude: tuple[str, ...]) -> None:
    """Leave out what is deleted, excluded or an Apps Script's, and say so."""
    kept, scripts = [], 0
    for project in found.projects:
        name, state = str(project.get("projectId", "")), str(project.get("state", "ACTIVE"))
        if state != "ACTIVE":
            found.notes.append(f"project {name} is {plain(state).lower()}")
        elif name.startswith(SCRIPTS):
            scripts += 1
        elif name not in exclude:
            kept.append(project)
    if scripts:
        found.notes.append(f"{scripts} projects of Apps Scripts are passed over")
    unknown = sorted(set(exclude) - {str(one.get("projectId", "")) for one in found.projects})
    found.notes += [f"project {name} is excluded, and not there" for name in unknown]
    found.projects = kept

"""The access log at the edge: who this process acts for, and the line where an access cannot be written down."""

from __future__ import annotations

import os
import pwd
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from agent import __version__, canonical
from agent.config import digest, dump
from agent.errors import StoreError
from agent.store import Access

if TYPE_CHECKING:
    from agent.assembly.app import Parts

log = structlog.get_logger("annexa.custody")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, on which machine, and from where: the terminal or the address of a remote login."""

    who: str
    host: str
    client: str


def actor(environ: Mapping[str, str]) -> Actor:
    """Return who runs this process, as the operating system has it; `sudo` and a remote login are told beside."""
    uid = os.getuid()
    try:
        who = pwd.getpwuid(uid).pw_name
    except KeyError:
        who = f"uid {uid}"
    if behind := environ.get("SUDO_USER"):
        who = f"{who} (sudo by {behind})"
    remote = environ.get("SSH_CONNECTION", "").partition(" ")[0]
    where = f"from {remote}" if remote else "at a terminal" if sys.stdin and sys.stdin.isatty() else "no terminal"
    return Actor(who, socket.gethostname(), f"annexa {__version__}, {where}")


def note(app: Parts, action: str, artifacts: Sequence[str] = ("",), *, why: str = "", detail: str = "",
         by: str = "") -> bool:
    """Write an access down, one for each artifact; returns whether it could be, and warns where not.

    Where the store can only be read an access cannot be kept, and reading goes on: the warning says so.
    """
    me = actor(app.environ)
    who = f"{by} as {me.who}" if by and by != me.who else me.who
    now = app.clock()
    accesses = [
        Access(at=now, action=action, artifact=one, who=who, host=me.host, client=me.client, why=why, detail=detail)
        for one in artifacts
    ]
    try:
        app.store.note(*accesses)
    except StoreError as error:
        log.warning("this access is not in the access log", action=action, error=error.line())
        return False
    return True


def keep_configuration(app: Parts) -> None:
    """Keep the configuration as it holds from now on, without its secrets; a change goes into the access log."""
    before = app.store.versions("config", "file")
    if app.store.keep_version("config", "file", canonical.document(dump(app.config)), app.clock()) and before:
        note(app, "configuration", why=str(app.path), detail=f"sha256:{before[-1].digest} to {digest(app.config)}")

"""A scope of AWS: which accounts and regions it holds, who reads them, and the client for each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from agent.clients.aws import discovery
from agent.clients.aws.client import AwsClient
from agent.clients.aws.failures import CAUGHT, NO_CREDENTIALS, code_of, plain
from agent.clients.aws.probe import Probed, probe
from agent.clients.aws.scope import AwsScope
from agent.clients.aws.sessions import Sessions
from agent.clients.aws.wire import Wire
from agent.clients.deadline import Deadline
from agent.clients.expansion import Expansion
from agent.clients.throttle import SHARED
from agent.clients.witness import Witness
from agent.collector import Header
from agent.errors import AnnexaError, FatalError
from agent.model import Boundary, Lacking

DISCOVERIES = 8
"""Accounts whose regions are asked for side by side."""
DEFAULT_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(slots=True)
class AwsProvider:
    """One scope of the configuration; `wire` is given by tests and benches."""

    scope: AwsScope
    wire: Wire | None = None
    _arns: dict[str, str] = field(default_factory=dict)
    _heard: tuple[datetime, float] | None = None
    """The provider's time in its newest answer about identity, and the monotonic second at which it came."""
    _own: str = ""
    """The account that the scope's own credentials belong to."""

    @property
    def _wire(self) -> Wire:
        if self.wire is None:
            self.wire = Wire(Sessions(self.scope), budgets=SHARED)
        if not self.wire.sessions.home:
            self.wire.sessions.home = self._home()
        return self.wire

    def _home(self) -> str:
        if self.scope.regions:
            return self.scope.regions[0]
        configured = self.wire.sessions.base().get_config_variable("region") if self.wire else None
        partition = self.scope.role_arn.split(":")[1] if self.scope.role_arn else "aws"
        return str(configured or DEFAULT_HOME.get(partition, "us-east-1"))

    def expand(self) -> Expansion:
        """Return the accounts of the scope with their regions; raises `AnnexaError` where nobody can be asked."""
        account = self._who(self.scope.role_arn)
        if self.scope.account_id and account != self.scope.account_id:
            raise FatalError(
                f"the credentials are of account {account}, not of {self.scope.account_id}",
                advice="Correct 'account_id', or give the credentials of that account",
            )
        self._own = account
        if not self.scope.organization:
            return self._expansion([discovery.Member(account, "")], (), ())
        found = discovery.members(self._client("organizations", account, ""), self.scope)
        return self._expansion(found.members, found.lacking, found.notes)

    def _expansion(
        self, members: list[discovery.Member], lacking: tuple[Lacking, ...], notes: tuple[str, ...],
    ) -> Expansion:
        with ThreadPoolExecutor(max_workers=DISCOVERIES, thread_name_prefix="annexa-expand") as pool:
            found = list(pool.map(self._boundary, members))
        return Expansion(
            tuple(boundary for boundary, _ in found),
            (*lacking, *(one for _, missing in found if missing for one in missing)),
            notes,
        )

    def _boundary(self, member: discovery.Member) -> tuple[Boundary, tuple[Lacking, ...]]:
        home = self._wire.sessions.home
        regions, lacking = self.scope.regions, tuple[Lacking, ...]()
        if not regions:
            try:
                self._who(self._role(member.id))
                regions = discovery.regions(lambda service: self._client(service, member.id, home))
            except FatalError as error:
                lacking = (Lacking(f"account {member.id}", "denied", error.message, "sts:AssumeRole"),)
            except discovery.RegionsUnknownError as error:
                lacking = (Lacking(f"regions of account {member.id}", "denied", str(error), "ec2:DescribeRegions"),)
        whole = self.scope.organization and member.id == self._own
        return Boundary(self.scope.name, "aws", member.id, member.name, home, regions or (home,), whole), lacking

    def open(self, boundary: Boundary, region: str, witness: Witness, deadline: Deadline) -> AwsClient:
        """Return the client for one account and region; raises `FatalError` where its role cannot be assumed."""
        role = self._role(boundary.id)
        self._who(role)
        return AwsClient(self._wire, role, boundary.id, region or boundary.home, witness, deadline)

    def identity(self, boundary: Boundary) -> str:
        """Return the ARN that reads in an account, '' until it was asked for."""
        return self._arns.get(self._role(boundary.id), "")

    def clock(self) -> datetime | None:
        """Return what time it is at the provider, None until it was asked for something."""
        if self._heard is None:
            return None
        told, at = self._heard
        return told + timedelta(seconds=time.monotonic() - at)

    def probe(self, header: Header, boundary: Boundary, region: str) -> list[Probed]:
        """Try each call that a collector declares, in its cheapest form, and say what is allowed."""
        return list(self._probe(header, boundary, region))

    def _probe(self, header: Header, boundary: Boundary, region: str) -> Iterator[Probed]:
        self._who(self._role(boundary.id))
        for api in header.calls:
            client = self._client(api.call.partition(".")[0], boundary.id, region or boundary.home)
            yield from probe(api, client, boundary.id)

    def _role(self, account: str) -> str:
        """Return the role that reads in an account, '' for the base credentials."""
        if not self.scope.organization or account == self._own:
            return self.scope.role_arn
        partition = self._arns.get(self.scope.role_arn, "arn:aws").split(":")[1]
        return f"arn:{partition}:iam::{account}:role/{self.scope.member_role}"

    def _client(self, service: str, account: str, region: str) -> Any:
        return self._wire.sessions.client(self._role(account), service, region)

    def _who(self, role: str) -> str:
        """Return the account that a role reads; raises `FatalError` where it cannot be assumed."""
        sessions = self._wire.sessions
        if role not in self._arns:
            if role:
                sessions.assumed(role, via=self.scope.role_arn if role != self.scope.role_arn else "")
            try:
                answer = sessions.client(role, "sts", "").get_caller_identity()
            except CAUGHT as error:
                raise self._nobody(role, error) from None
            self._arns[role] = str(answer["Arn"])
            if date := answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date"):
                self._heard = parsedate_to_datetime(date).astimezone(UTC), time.monotonic()
        return self._arns[role].split(":")[4]

    def _nobody(self, role: str, error: Exception) -> AnnexaError:
        said = plain(f"{code_of(error)}: {error}" if code_of(error) not in str(error) else error)
        if isinstance(error, NO_CREDENTIALS):
            advice = "Set AWS_PROFILE or the AWS_* variables, or run where a role is attached"
            return FatalError(f"no credentials for AWS ({said})", advice=advice)
        if role and code_of(error):
            advice = "Its trust policy must name the agent's identity, with the external id if it asks for one"
            return FatalError(f"{role} cannot be assumed ({said})", advice=advice)
        advice = "Renew the credentials and check the way to AWS; annexa doctor tries both"
        return FatalError(f"AWS does not accept the credentials ({said})", advice=advice)

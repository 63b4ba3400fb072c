"""What the client needs to know of a scope of AWS: plain values, filled in by whoever reads the configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsScope:
    """One scope: an account, or an organization with `organization` and the role to assume in each member.

    `regions` is a tuple of names, or () for every region that is enabled in the account. `accounts`
    limits an organization to some of its accounts, () is all but those in `exclude`. `account_id` is
    what the credentials must turn out to be.
    """

    name: str
    role_arn: str = ""
    external_id: str = ""
    profile: str = ""
    regions: tuple[str, ...] = ()
    endpoint: str = ""
    account_id: str = ""
    organization: bool = False
    member_role: str = "annexa"
    accounts: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

"""Whom AWS turns to about an account: its contacts for security, operations and bills, and its owner."""

from __future__ import annotations

from collections.abc import Iterator

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting

OTHERS = "account.get_alternate_contact"
OWNER = "account.get_contact_information"
HEADER = Header(
    id="aws.alternate_contacts",
    title="Contacts of the account",
    kind="configuration",
    population="The account's contacts for security, operations and bills, set or not, and the one that owns it.",
    provider="aws",
    per="boundary",
    calls=(
        Api(OTHERS, ("account:GetAlternateContact",),
            answers={"ResourceNotFoundException": "nobody set this contact"}),
        Api(OWNER, ("account:GetContactInformation",),
            answers={"ResourceNotFoundException": "the account has no contact of its own"}),
    ),
    cadence="P1M",
    limits=(
        "Whether anybody reads the mailbox, and whether the person still works there, it does not tell.",
        "`primary_contact` is the company's name, or the person's; address and number are in the artifact.",
    ),
)
CONTACTS = {"SECURITY": "security_contact", "OPERATIONS": "operations_contact", "BILLING": "billing_contact"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one setting per contact: the address, null where nobody set it."""
    account = run.boundary.id
    for kind, name in CONTACTS.items():
        told = None
        for told in run.client.population(OTHERS, key="AlternateContact", AlternateContactType=kind):
            yield Record(setting(account, name, told.get("EmailAddress")), told)
        if told is None:
            yield Record(setting(account, name, None), {"AlternateContactType": kind})
    owner = (run.client.ask(OWNER) or {}).get("ContactInformation") or {}
    yield Record(setting(account, "primary_contact", owner.get("CompanyName") or owner.get("FullName")), owner)

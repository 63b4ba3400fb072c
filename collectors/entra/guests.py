"""People from outside who are let in: their state, and who answers for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.entra._people import somebody

SPONSORS = "users.item.sponsors"
NEEDS = ("User.Read.All",)

HEADER = Header(
    id="entra.guests",
    title="Guests with their sponsors",
    kind="asset",
    population="Every guest of the tenant, enabled or not, with the state of the invitation and the sponsors.",
    provider="entra",
    per="boundary",
    calls=(Api("users", NEEDS), Api(SPONSORS, NEEDS)),
    limits=(
        "When a guest last signed in is in `entra.user_activity`, which needs a premium licence.",
        "`owner` lists the sponsors; a guest invited before sponsors existed has none.",
        "What guests may do is in `entra.auth_policies`, and where they come from in `entra.cross_tenant_access`.",
    ),
)

SELECT = ["id", "userPrincipalName", "displayName", "mail", "accountEnabled", "createdDateTime", "creationType",
          "externalUserState", "externalUserStateChangeDateTime", "companyName"]
STATES = {"pendingacceptance": "pending", "accepted": "accepted"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one asset per guest."""
    guests = run.client.population("users", filter="userType eq 'Guest'", select=SELECT, top=999)
    for guest, sponsors in run.client.lists(SPONSORS, guests, lambda one: (one["id"],)):
        held = list(sponsors)
        raw = [{"operation": "users", "item": guest}, *({"operation": SPONSORS, "item": one} for one in held)]
        yield Record(_row(guest, held), raw)


def _row(guest: dict[str, Any], sponsors: list[dict[str, Any]]) -> Asset:
    marks = {
        "user_principal_name": guest.get("userPrincipalName"),
        "domain": str(guest.get("mail") or "").rpartition("@")[2].lower(),
        "company": guest.get("companyName"),
        "created_by": guest.get("creationType"),
        "state_changed": guest.get("externalUserStateChangeDateTime"),
    }
    return Asset(
        guest["id"],
        name=guest.get("displayName") or guest.get("mail"),
        type="microsoft.graph.user",
        provider="entra",
        owner=", ".join(sorted(filter(None, (somebody(one) for one in sponsors)))) or None,
        created_at=moment(guest.get("createdDateTime")),
        state=_state(guest),
        tags={name: str(value) for name, value in marks.items() if value},
    )


def _state(guest: dict[str, Any]) -> str | None:
    """Return disabled, pending or accepted; None where Graph does not say."""
    if guest.get("accountEnabled") is False:
        return "disabled"
    return STATES.get(str(guest.get("externalUserState")).lower())

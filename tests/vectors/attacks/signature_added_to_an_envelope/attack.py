"""Another signature stands beside the good one: as if somebody else had vouched for the run as well."""

from __future__ import annotations

from agent import canonical
from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    own = canonical.loads(world.envelope_of(2).read_bytes())
    other = canonical.loads(world.seal(world.statement(2), CryptoSigner.generate_ed25519()))
    own["signatures"] += other["signatures"]
    world.write(world.envelope_of(2), canonical.document(own))

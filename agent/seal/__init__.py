"""Seal and open: statement, envelope, Merkle tree, checkpoint and leaf entries; values in, values out."""

from agent.seal.cosignature import Cosignature, Witness, cosignatures, read_witness
from agent.seal.envelope import artifact_id, open_envelope, seal_envelope
from agent.seal.leaf import (
    ArtifactEntry,
    CustodyEntry,
    DeletionEntry,
    Entry,
    ErasureEntry,
    HoldEntry,
    KeyEntry,
    SamplingEntry,
    UnknownEntry,
    VoidEntry,
    read_entry,
)
from agent.seal.merkle import EMPTY, Range, leaf_hash, node_hash
from agent.seal.note import Checkpoint, open_checkpoint, seal_checkpoint, verifier_key
from agent.seal.statement import Statement, read_statement, write_statement

__all__ = [
    "EMPTY",
    "ArtifactEntry",
    "Checkpoint",
    "Cosignature",
    "CustodyEntry",
    "DeletionEntry",
    "Entry",
    "ErasureEntry",
    "HoldEntry",
    "KeyEntry",
    "Range",
    "SamplingEntry",
    "Statement",
    "UnknownEntry",
    "VoidEntry",
    "Witness",
    "artifact_id",
    "cosignatures",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_envelope",
    "read_entry",
    "read_statement",
    "read_witness",
    "seal_checkpoint",
    "seal_envelope",
    "verifier_key",
    "write_statement",
]

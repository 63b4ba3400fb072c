"""Each check of the verifier taken away, and the attack that must notice: `python -m tests.verify.mutants`.

A mutant is a piece of source and what it becomes. It is dead when the attack that it names is no
longer refused in its step. `test_mutants.py` holds the list to the source.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import types
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.fixtures.tsa import make
from tests.verify.world import World, build, copied

ROOT = Path(__file__).parents[2]


class Mutant(NamedTuple):
    file: str
    old: str
    new: str
    attack: str


MUTANTS = [Mutant(*one) for one in (
    ("verify/sealed.py", "if hashlib.sha256(envelope).hexdigest() != entry.envelope:", "if False:",
     "signature_added_to_an_envelope"),
    ("verify/sealed.py", "if artifact_id(payload) != entry.artifact:", "if False:", "another_statement_under_the_id"),
    ("verify/sealed.py", "if statement.digest != entry.object:", "if False:", "another_object_in_the_log"),
    ("verify/sealed.py", "size != statement.size or digest.hexdigest() != statement.digest", "size != statement.size",
     "changed_byte_in_an_object"),
    ("verify/sealed.py", "if size != statement.size or digest.hexdigest() != statement.digest:\n            raise",
     "if False:\n            raise", "longer_object"),
    ("verify/sealed.py", "if ended > entry_at.recorded_at + SKEW:", "if False:", "ended_after_it_was_recorded"),
    ("verify/sealed.py", "keys = trust.at(entry.recorded_at)", "keys = [one.key for one in trust.keys]",
     "key_after_its_end"),
    ("seal/envelope.py", "envelope.verify(list(keys), 1)", "pass", "wrong_signature"),
    ("seal/envelope.py", "envelope.verify(list(keys), 1)", "envelope.signatures and envelope.verify(list(keys), 1)",
     "unsigned_envelope"),
    ("seal/leaf.py", "if entry.get(\"critical\", False) is not False:", "if False:", "critical_entry_of_an_unknown_type"),
    ("seal/note.py", "if not any(_signed(line, body.encode(), key, origin) for line in signatures):", "if False:",
     "unknown_key_of_the_log"),
    ("seal/note.py", "if not any(_signed(line, body.encode(), key, origin) for line in signatures):",
     "if signatures and not any(_signed(line, body.encode(), key, origin) for line in signatures):",
     "unsigned_checkpoint"),
    ("verify/log.py", "if self._grown.root() != self.head.root:", "if False:", "rewritten_log_without_the_key"),
    ("verify/log.py", "if entry.index != at:", "if False:", "reordered_log"),
    ("verify/log.py", "if len(data) < width:", "if False:", "shortened_bundle"),
    ("verify/log.py", "!= b\"\".join(row):", "== b\"\":", "changed_hash_tile"),
    ("verify/log.py", "if self.last is not None and entry.recorded_at < self.last:", "if False:",
     "recorded_before_the_one_before"),
    ("verify/log.py", "if entry.clock is not None and entry.recorded_at - entry.clock > SKEW:", "if False:",
     "clock_set_back"),
    ("verify/log.py", "elif self.roots.get(checkpoint.size) != checkpoint.root:", "elif False:", "rewritten_log"),
    ("verify/log.py", "elif self.roots.get(checkpoint.size) != checkpoint.root:", "elif False:",
     "rewritten_log_under_a_stamp"),
    ("verify/log.py", "if checkpoint.size > self.head.size:\n            step.refuse(",
     "if checkpoint.size > self.head.size:\n            str(", "rolled_back_log"),
    ("verify/whole.py", "if mine is not None and not walk.compare(",
     "if mine is not None and not (lambda *_said: True)(",
     "rewritten_log"),
    ("verify/whole.py", ("held = [one for one in held if walk.compare(one.checkpoint, stamps, "
     "f\"the stamped checkpoint of {one.at}\")]"), "held = list(held)", "rewritten_log_under_a_stamp"),
    ("verify/whole.py", "if size and (odd := early(walk.times[size], size - 1, one)):", "if (odd := ''):",
     "stamped_before_it_was_recorded"),
    ("verify/whole.py", "if walk.last is not None and not key.covers(walk.last):", "if False:",
     "log_signed_by_a_key_after_its_end"),
    ("verify/whole.py", "envelopes.refuse(f\"{entry.artifact}: {wrong}\")", "pass", "removed_envelope"),
    ("verify/whole.py", "objects.refuse(f\"{entry.artifact}: {broken}\")", "pass", "changed_byte_in_an_object"),
    ("verify/whole.py", "hashed.check(statement)", "pass", "damaged_object"),
    ("verify/whole.py", "if statement is not None and (odd := clock(entry, statement)):", "if (odd := ''):",
     "ended_after_it_was_recorded"),
    ("verify/whole.py", "elif not recorded.has(artifact):", "elif False:", "unlogged_envelope"),
    ("verify/rows.py", "self.step.refuse(f\"{entry.artifact}: its row is gone from the catalog\")", "pass",
     "removed_row"),
    ("verify/rows.py", "if count > self.artifacts:", "if False:", "added_row"),
    ("verify/rows.py", "if said != kept]", "if said != kept and name != 'id']", "row_of_another_id"),
    ("verify/rows.py", "if said != kept]", "if False]", "edited_row"),
    ("verify/rows.py", "if voids.get(artifact) != self._voided.get(artifact):", "if False:", "unvoided_row"),
    ("verify/rows.py", "if voids.get(artifact) != self._voided.get(artifact):",
     "if (artifact in voids) != (artifact in self._voided):", "another_reason"),
    ("verify/sampling.py", "elif detail := differing(entry, rows.get(entry.index), self.objects):", "elif detail := '':",
     "removed_draw"),
    ("verify/sampling.py", "if count > self.steps:", "if False:", "added_draw"),
    ("verify/sampling.py", "if entry.name != expected:", "if False:", "draw_named_twice"),
    ("store/sampled.py", "return f\"the log has it as leaf {entry.index}, the catalog does not\"", "return ''",
     "removed_draw"),
    ("store/sampled.py", "return \"\" if told.model_dump() == row.model_dump() else", "return \"\" if True else",
     "edited_draw"),
    ("store/sampled.py", "if hashlib.sha256(data).hexdigest() != entry.document:", "if False:",
     "edited_sample_document"),
    ("seal/cosignature.py", "Ed25519PublicKey.from_public_bytes(witness.key).verify(data[TIME:], signed(body, seconds))",
     "pass", "cosignature_of_another_key"),
    ("seal/cosignature.py", "Ed25519PublicKey.from_public_bytes(witness.key).verify(data[TIME:], signed(body, seconds))",
     "pass", "cosignature_of_another_checkpoint"),
    ("seal/cosignature.py", "Ed25519PublicKey.from_public_bytes(witness.key).verify(data[TIME:], signed(body, seconds))",
     "pass", "cosignature_with_a_forged_time"),
    ("verify/cosigned.py", "if one.checkpoint.size != size:", "if False:", "cosignature_under_another_size"),
    ("verify/cosigned.py", "checkpoint, _key = trust.open_note(note, origin)",
     "from agent.seal.note import read_body, split_note; checkpoint = read_body(split_note(note)[0])",
     "cosigned_checkpoint_of_another_key"),
    ("verify/whole.py", "seen = [one for one in seen if walk.compare(\n        one.checkpoint, witnesses,",
     "seen = [one for one in seen if str(\n        (one.checkpoint, witnesses) and",
     "rewritten_log_under_a_cosignature"),
    ("verify/one.py", "_continues(one, each.checkpoint, head, \"a cosigned checkpoint\")", "pass",
     "rewritten_log_of_a_cosigned_artifact"),
    ("verify/stamps.py", "if one.at + SKEW >= recorded_at:", "if isinstance(one, Cosigned) or one.at + SKEW >= recorded_at:",
     "cosigned_before_it_was_recorded"),
    ("verify/stamps.py", "verify_imprint(token, note)\n", "pass\n", "token_for_another_checkpoint_without_roots"),
    ("verify/stamps.py", "if read_stamp(token).digest != hashlib.sha256(note).digest():", "if False:",
     "token_for_another_checkpoint_without_roots"),
    ("verify/stamps.py", "elif one.checkpoint.size != size:", "elif False:", "stamp_under_another_size"),
    ("verify/stamps.py", "checkpoint, _key = trust.open_note(note, origin)",
     ("from agent.seal import Checkpoint as C; import base64 as b; p = note.split(b'\\n'); "
     "checkpoint = C(origin, int(p[1]), b.b64decode(p[2]))"), "stamped_checkpoint_of_another_key"),
    ("verify/stamps.py", "if one.at + SKEW >= recorded_at:", "if True:", "stamped_before_it_was_recorded"),
    ("timestamps/token.py", "if stamp.digest != hashlib.sha256(data).digest():\n        raise",
     "if False:\n        raise", "test_other_data_is_refused"),
    ("timestamps/token.py", "_verify_by_openssl(token, data, certificates, stamp.at)\n    else", "pass\n    else",
     "test_another_root_is_refused"),
    ("timestamps/token.py", "_verify(response, data, certificates)\n    return", "pass\n    return",
     "token_of_an_unknown_authority"),
    ("timestamps/token.py", "_verify(response, data, certificates)\n    return", "pass\n    return", "damaged_token"),
    ("timestamps/authority.py", "if stamp.digest != hashlib.sha256(data).digest():", "if False:",
     "test_an_answer_to_another_question_is_refused"),
    ("timestamps/authority.py", "if stamp.nonce != question.nonce:", "if False:",
     "test_an_answer_to_another_question_is_refused"),
    ("verify/one.py", "check_inclusion(leaf_hash(data), index, head.size, one.inclusion(), head.root)",
     "one.inclusion()", "export_with_another_entry"),
    ("verify/one.py", "check_inclusion(leaf_hash(data), index, head.size, one.inclusion(), head.root)",
     "one.inclusion()", "export_with_a_changed_proof"),
    ("verify/one.py", "or (one.artifact and entry.artifact != one.artifact):", "or False:", "row_of_another_leaf"),
    ("verify/one.py", "if entry.index != index:", "if False:", "leaf_that_says_another_index"),
    ("verify/one.py", "if key.ended(entry.recorded_at):", "if False:", "export_of_a_key_after_its_end"),
    ("verify/one.py", "_continues(one, found.checkpoint, head, \"a stamped checkpoint\")", "pass",
     "rewritten_log_of_a_stamped_artifact"),
    ("verify/one.py", "_continues(one, mine, head, f\"the checkpoint of {mine.size} leaves\")", "pass",
     "rewritten_log_of_an_artifact"),
    ("verify/one.py", "check_consistency(old.size, old.root, new.size, new.root, one.consistency(old.size, new.size))",
     "one.consistency(old.size, new.size)", "export_of_another_log"),
    ("verify/one.py", "if entry.clock is not None and entry.recorded_at - entry.clock > SKEW:", "if False:",
     "clock_set_back_of_an_artifact"),
    ("verify/one.py", "(odd := early(entry.recorded_at, entry.index, found)):",
     "(odd := ''):", "stamped_before_it_was_recorded_of_an_artifact"),
    ("verify/one.py", "if odd := clock(entry, statement):", "if odd := '':",
     "ended_after_it_was_recorded_of_an_artifact"),
    ("verify/one.py", "deleted = one.content(statement)\n", "deleted = ''\n",
     "changed_byte_in_an_object_of_an_artifact"),
    ("verify/done.py", "if removal.recorded_at < until - SLACK:", "if False:", "deleted_before_its_retention"),
    ("verify/done.py", "if hold.subject in covering:", "if False:", "deleted_under_a_hold"),
    ("verify/done.py", "one for one in acts if one.index > entry.index)", "one for one in acts)",
     "removed_object_collected_after_a_deletion"),
    ("verify/done.py", "one for one in acts if one.index > entry.index)", "one for one in acts)",
     "erased_before_it_was_recorded"),
    ("verify/done.py", "if hold.subject in covering:", "if False:", "erased_under_a_hold"),
    ("verify/done.py", "and act.key and self.objects.keys.has(act.key):", "and False:", "erased_and_the_key_kept"),
    ("verify/done.py", "if not encrypted(path) and path not in since:", "if False:",
     "erased_and_an_object_kept_in_the_clear"),
    ("verify/done.py", "objects.refuse(f\"{artifacts[0]}{more}: {why}\")", "pass", "destroyed_key_without_an_erasure"),
    ("verify/done.py", "objects.refuse(f\"{artifacts[0]}{more}: {why}\")", "pass", "erased_mark_without_the_act"),
    ("verify/done.py", "objects.refuse(f\"{artifacts[0]}{more}: {why}\")", "pass", "removed_object"),
    ("verify/source.py", "if objects.keys.has(entry.key):", "if False:", "erased_and_the_key_kept_of_an_artifact"),
    ("verify/source.py", "entry.scope == statement.provenance.scope:", "True:",
     "removed_object_with_the_erasure_of_another_scope"),
    ("store/scopekeys.py", "if name != key_of(path):", "if False:", "encrypted_object_of_another_scope"),
    ("store/scopekeys.py", "if found.id != one.id:", "if False:", "test_another_key_wrapped_under_an_id_is_refused"),
    ("store/wrapping.py", "if mode & 0o077:", "if False:", "test_what_is_wrong_with_the_keys_is_one_line"),
    ("cipher.py", "return number.to_bytes(11, \"big\")", "return (0).to_bytes(11, \"big\")",
     "test_chunks_that_change_places_or_come_twice_are_refused"),
    ("cipher.py", "bytes([last])", "bytes([0])", "test_any_cut_and_any_addition_is_refused"),
    ("cipher.py", "if not found and self._number:", "if False:",
     "test_an_empty_last_chunk_is_of_an_empty_object_alone"),
    ("cipher.py", "b\"annexa object v1\" + MAGIC + bytes.fromhex(key.id)", "b\"annexa object v1\" + MAGIC",
     "test_the_format_is_the_one_of_the_decision_record"),
    ("verify/done.py", "read_batch(entry, self.objects)", "pass", "changed_access_log"),
    ("verify/rows.py", "if session.exec(logged_accesses).one() != self._accesses:", "if False:",
     "invented_access_in_the_catalog"),
    ("verify/rows.py", "for detail in custody.differing(entry, self.catalog, self.objects):", "for detail in ():",
     "changed_access_in_the_catalog"),
    ("verify/rows.py", "self._end_acts(session)", "pass", "removed_hold"),
    ("verify/source.py", "if isinstance(entry, DeletionEntry) and entry.path == statement.path:", "if True:",
     "removed_object_with_the_deletion_of_another"),
    ("verify/one.py", "holds(entry, statement)\n", "pass\n", "edited_row_of_an_artifact"),
    ("verify/source.py", "if names := differing(columns(row), entry, statement):", "if names := []:",
     "edited_row_of_an_artifact"),
    ("verify/export.py", "if (first, second) != (old, new):", "if False:", "export_with_a_link_to_another_size"),
    ("verify/export.py", "if digest_of(folder / RECORDS) != (statement.digest, statement.size):", "if False:",
     "export_with_a_changed_record"),
    ("verify/export.py", "row is None or line is None or row != cells_of(line, columns)",
     "row is None or line is None", "export_with_a_changed_table"),
    ("verify/export.py", "if row is None or line is None or row != cells_of(line, columns):",
     "if row and line and row != cells_of(line, columns):", "export_with_a_row_less"),
    ("verify/export.py", "if \"/\" in name or digest_of(folder / name)[0] != digest:", "if False:",
     "export_with_a_damaged_file"),
    ("verify/export.py", "if file.name not in listed and file.name != SUMS:", "if False:", "export_with_a_stranger"),
    ("verify/complete.py", "if grown.root() != self.head.root:", "if False:", "edited_void_in_the_entries"),
    ("verify/complete.py", "if len(entries) != width:", "if False:", "hidden_void_with_its_entry"),
    ("verify/complete.py", "self._needed(leaf, type(entry).__name__.removesuffix(\"Entry\").lower())", "pass",
     "hidden_void"),
    ("verify/complete.py", "self._needed(leaf, f\"a {entry.step} of {entry.name}\")", "pass", "hidden_draw"),
    ("verify/complete.py", "self.last = recorded_at", "pass", "of_tomorrow"),
    ("verify/manifest.py", "if as_of != min(last, end):", "if False:", "of_tomorrow"),
    ("verify/manifest.py", "if as_of != min(last, end):", "if as_of > last:", "of_yesterday"),
    ("verify/manifest.py", "if as_of != min(last, end):", "if as_of != end:",
     "test_a_package_of_an_audit_ahead_is_told_as_of_the_last_entry"),
    ("verify/manifest.py", "if as_of != min(last, end):", "if as_of != last:",
     "test_a_package_of_an_audit_that_is_over_tells_what_was_done_since"),
    ("verify/manifest.py", "if said.get(\"checkpoint\") != {\"origin\": head.origin, \"size\": head.size, \"root\": head.root.hex()}:",
     "if False:", "another_checkpoint_in_the_manifest"),
    ("verify/manifest.py", "if [status.get(one) for one in (\"as_of\", \"audit\")] != [said.get(one) for one in (\"as_of\", \"audit\")]:",
     "if False:", "status_of_another_instant"),
    ("verify/manifest.py", "if [status.get(one) for one in (\"as_of\", \"audit\")] != [said.get(one) for one in (\"as_of\", \"audit\")]:",
     "if status.get(\"as_of\") != said.get(\"as_of\"):", "status_of_another_audit"),
    ("verify/listed.py", "_digest({name: fact[name] for name in SEALED}) != self._runs[artifact]:", "False:",
     "another_outcome"),
    ("verify/listed.py", "if [fact[name] for name in VOID] != self._void(artifact):", "if False:", "void_not_told"),
    ("verify/listed.py", "if fact[\"erased\"] != self._erased(fact[\"scope\"], leaf):", "if False:", "erasure_told"),
    ("verify/listed.py", "return instant is None or at == canonical.timestamp(instant)", "return True",
     "anchored_before"),
    ("verify/samples.py", "if said != canonical.loads(canonical.document(told)):", "if False:", "draw_not_listed"),
    ("verify/samples.py", "wrong = [one for one in TOLD if row.get(one) != harmless(told[one])]", "wrong = []",
     "deviation_made_a_pass"),
    ("verify/samples.py", "told[\"id\"] = row.get(\"id\") if record is None else record.get(\"id\")",
     "told[\"id\"] = row.get(\"id\")", "test_another_id_in_the_table_is_found_by_the_record_beside_it"),
    ("verify/samples.py", "and not same_cell(cell, record.get(one.removeprefix(RECORD)))]", "and False]",
     "another_record_of_an_item"),
    ("verify/report.py", "not any(step.state == REFUSED for step in self.steps)", "True", "removed_row"),
    ("verify/trust.py", "if real.is_relative_to(folder.resolve()):", "if False:",
     "test_a_trust_root_within_what_it_judges_is_refused"),
    ("verify/trust.py", "and not self.ended(at)", "", "key_after_its_end"),
    ("verify/trust.py", "(self.since is None or at >= self.since)", "True", "test_a_key_is_believed_within_its_span"),
)]


NAMED = ("export/test_attacks.py", "export/test_package.py", "timestamps", "verify/test_trust.py", "store/test_cipher.py", "store/test_encryption.py",
         "assembly/test_items.py")
"""Where the tests lie that are named instead of an attack."""
SURVIVES, KILLED, BROKEN = 3, 4, 5
"""What the process of a mutant ends with: BROKEN is one that is noticed only because something raises now.

Anything else is a mutant that never ran.
"""
SAID = {SURVIVES: "SURVIVED", KILLED: "killed", BROKEN: "killed by an error"}
SECONDS = 240


def survives(mutant: Mutant, world: World, folder: Path) -> bool:
    """Return whether what must notice the mutant does not."""
    return ended(mutant, world, folder) == SURVIVES


def ended(mutant: Mutant, world: World, folder: Path) -> int:
    """Return how a mutant ends; raises where that could not be found out.

    Each mutant has an interpreter of its own: obstore's threads do not outlive a fork.
    """
    words = [str(MUTANTS.index(mutant)), str(world.root), str(world.tsa), str(folder), *world.artifacts]
    done = subprocess.run([sys.executable, "-m", "tests.verify.mutants", *words], cwd=ROOT, timeout=SECONDS, check=False,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    if done.returncode not in SAID:
        raise RuntimeError(f"{mutant} could not be tried: {done.stderr[-2000:]}")
    return done.returncode


def child(number: str, root: str, tsa: str, folder: str, *artifacts: str) -> int:
    """Try one mutant in this process, and return how it ended."""
    mutant = MUTANTS[int(number)]
    for file in sorted({one.file for one in MUTANTS}):
        importlib.import_module("agent." + file.removesuffix(".py").replace("/", "."))
    mutate(mutant)
    return _attacked(mutant.attack, World(Path(root), Path(tsa), list(artifacts)), Path(folder))


def firsts() -> list[Mutant]:
    """Return one mutant of each file: what `make test` tries; `make mutants` tries them all."""
    return list({mutant.file: mutant for mutant in reversed(MUTANTS)}.values())[::-1]


def mutate(mutant: Mutant) -> None:
    """Give every function of the module the code that it has in the mutated source."""
    file = ROOT / "agent" / mutant.file
    text = file.read_text("utf-8")
    assert text.count(mutant.old) == 1, mutant
    name = "agent." + mutant.file.removesuffix(".py").replace("/", ".")
    module = importlib.import_module(name)
    fresh = types.ModuleType(name)
    sys.modules[name] = fresh
    exec(compile(text.replace(mutant.old, mutant.new), str(file), "exec"), fresh.__dict__)
    sys.modules[name] = module
    _take(vars(module), vars(fresh))


def _take(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for name, one in old.items():
        other = new.get(name)
        if isinstance(one, property) and isinstance(other, property):
            _take({"fget": one.fget}, {"fget": other.fget})
        elif isinstance(one, types.FunctionType) and isinstance(other, types.FunctionType):
            one.__code__ = other.__code__
        elif isinstance(one, type) and isinstance(other, type) and one is not other:
            _take(vars(one), vars(other))


def _attacked(attack: str, world: World, folder: Path) -> int:
    """Return how the mutant fares under an attack, or under the named test."""
    if not (ROOT / "tests" / "vectors" / "attacks" / attack).is_dir():
        with contextlib.redirect_stdout(io.StringIO()):
            status = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", attack,
                                  *(str(ROOT / "tests" / one) for one in NAMED)])
        return SURVIVES if status == pytest.ExitCode.OK else KILLED
    module = importlib.import_module(f"tests.vectors.attacks.{attack}.attack")
    mine = copied(world, folder / "attacked")
    try:
        module.attack(mine)
        report = mine.verify(module.SUBJECT)
        step = report.named(module.STEP)
    except Exception:  # noqa: BLE001 - a mutant that breaks anything is noticed
        return BROKEN
    finally:
        shutil.rmtree(folder / "attacked", ignore_errors=True)
    return SURVIVES if not report.holds and step.findings else KILLED


def main() -> int:
    """Try every mutant, tell which survive."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = Path(name)
        world = build(folder / "world", make(folder / "tsa"))
        places = [folder / str(number) for number in range(len(MUTANTS))]
        found = pool.map(ended, MUTANTS, repeat(world), places)
        alive = []
        for at, (mutant, status) in enumerate(zip(MUTANTS, found, strict=True), 1):
            print(f"{at:3} of {len(MUTANTS)}  {SAID[status]}  {mutant.file}  {mutant.attack}", flush=True)
            if status == SURVIVES:
                alive.append(mutant)
                print(f"     {mutant.old!r} became {mutant.new!r}, and {mutant.attack} still passes", flush=True)
    print(f"{len(MUTANTS)} mutants, {len(MUTANTS) - len(alive)} killed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(child(*sys.argv[1:]) if sys.argv[1:] else main())

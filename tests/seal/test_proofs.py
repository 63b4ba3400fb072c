"""Proofs against the recursive definitions of RFC 6962, section 2.1, exhaustively to 128 leaves, and under attack."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

import pytest

from agent.errors import VerificationError
from agent.seal.merkle import EMPTY, EMPTY_ROOT
from agent.seal.proofs import (
    check_consistency,
    check_inclusion,
    from_tiles,
    prove_consistency,
    prove_inclusion,
    read_consistency,
    read_proof,
    write_consistency,
    write_proof,
)
from agent.seal.tiles import spans

LARGEST = 128
LEAVES = [hashlib.sha256(b"\0" + b"entry %d" % number).digest() for number in range(70_000)]


def sha(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


@cache
def mth(start: int, end: int) -> bytes:
    """MTH(D[start:end]), section 2.1, over hashes of leaves."""
    if end - start == 1:
        return LEAVES[start]
    k = power(end - start)
    return sha(mth(start, start + k), mth(start + k, end))


def power(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, start: int, end: int) -> list[bytes]:
    """PATH(m, D[n]), section 2.1.1."""
    n = end - start
    if n == 1:
        return []
    k = power(n)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, b: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b), section 2.1.2."""
    n = end - start
    if m == n:
        return [] if b else [mth(start, end)]
    k = power(n)
    if m <= k:
        return [*subproof(m, start, start + k, b), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


def flipped(data: bytes, bit: int) -> bytes:
    return bytes(one ^ (1 << bit % 8 if at == bit // 8 else 0) for at, one in enumerate(data))


def refused_inclusion(*arguments: object) -> bool:
    try:
        check_inclusion(*arguments)  # type: ignore[arg-type] # each is what the test spoiled
    except VerificationError:
        return True
    return False


def refused_consistency(*arguments: object) -> bool:
    try:
        check_consistency(*arguments)  # type: ignore[arg-type] # each is what the test spoiled
    except VerificationError:
        return True
    return False


@pytest.mark.parametrize("sizes", [range(1, 64), range(64, 97), range(97, LARGEST + 1)], ids=str)
def test_every_inclusion_and_each_of_its_hashes_spoiled(sizes: range) -> None:
    for size in sizes:
        root = mth(0, size)
        for index in range(size):
            proof = prove_inclusion(index, size, mth)
            assert proof == path(index, 0, size)
            check_inclusion(LEAVES[index], index, size, proof, root)
            for at in range(len(proof)):
                spoiled = [*proof[:at], flipped(proof[at], index + at), *proof[at + 1 :]]
                assert refused_inclusion(LEAVES[index], index, size, spoiled, root)
                assert refused_inclusion(LEAVES[index], index, size, proof[:at] + proof[at + 1 :], root)
            assert refused_inclusion(LEAVES[index], index, size, [*proof, root], root)
            assert refused_inclusion(LEAVES[index], index, size, [root, *proof], root)
            assert refused_inclusion(flipped(LEAVES[index], index), index, size, proof, root)
            assert refused_inclusion(LEAVES[index], index, size, proof, flipped(root, index))
            other = (index + 1) % size
            assert size == 1 or refused_inclusion(LEAVES[index], other, size, proof, root)
            assert refused_inclusion(LEAVES[index], index, size, proof, mth(0, size + 1))


@pytest.mark.parametrize("sizes", [range(1, 64), range(64, 97), range(97, LARGEST + 1)], ids=str)
def test_every_consistency_and_each_of_its_hashes_spoiled(sizes: range) -> None:
    for new in sizes:
        new_root = mth(0, new)
        for old in range(1, new + 1):
            old_root = mth(0, old)
            proof = prove_consistency(old, new, mth)
            assert proof == subproof(old, 0, new, True)
            check_consistency(old, old_root, new, new_root, proof)
            for at in range(len(proof)):
                spoiled = [*proof[:at], flipped(proof[at], old + at), *proof[at + 1 :]]
                assert refused_consistency(old, old_root, new, new_root, spoiled)
                assert refused_consistency(old, old_root, new, new_root, proof[:at] + proof[at + 1 :])
            assert refused_consistency(old, old_root, new, new_root, [*proof, new_root])
            assert refused_consistency(old, flipped(old_root, new), new, new_root, proof)
            assert refused_consistency(old, old_root, new, flipped(new_root, old), proof)
            assert old == new or refused_consistency(new, new_root, old, old_root, proof)


def test_every_fork_is_seen() -> None:
    """A log in which one entry became another one continues no checkpoint that holds the true one."""
    size = 40
    for changed in range(size):
        forked = list(LEAVES[:size])
        forked[changed] = hashlib.sha256(b"another").digest()

        def hashes(start: int, end: int, leaves: list[bytes] = forked) -> bytes:
            return EMPTY.extend(leaves[start:end]).root()

        for old in range(1, size + 1):
            proof = prove_consistency(old, size, hashes)
            seen = refused_consistency(old, mth(0, old), size, hashes(0, size), proof)
            assert seen == (changed < old)
            assert refused_consistency(old, mth(0, old), size, hashes(0, size), prove_consistency(old, size, mth))


def test_nothing_is_continued_by_everything() -> None:
    assert prove_consistency(0, 5, mth) == []
    check_consistency(0, EMPTY_ROOT, 5, mth(0, 5), [])
    assert refused_consistency(0, mth(0, 1), 5, mth(0, 5), [])
    assert refused_consistency(0, EMPTY_ROOT, 5, mth(0, 5), [mth(0, 1)])
    assert refused_consistency(-1, EMPTY_ROOT, 5, mth(0, 5), [])
    assert refused_consistency(3, mth(0, 3), 5, mth(0, 5), [])
    assert refused_consistency(5, mth(0, 5), 5, mth(0, 5), [mth(0, 5)])


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0), (7, 3)])
def test_there_is_no_proof_beyond_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        prove_inclusion(index, size, mth)
    assert refused_inclusion(LEAVES[0], index, size, [], mth(0, 1))


@pytest.mark.parametrize(("index", "size", "proof", "root"), [
    (1, 1, [], LEAVES[0]), (-1, 1, [], LEAVES[0]), (0, 1, LEAVES[1:2], sha(LEAVES[1], LEAVES[0])),
    (1, 2, [b"short"], sha(b"short", LEAVES[0])),
], ids=["index beyond the tree", "index before the tree", "proof too long", "no hash"])
def test_a_root_that_fits_is_not_enough(index: int, size: int, proof: list[bytes], root: bytes) -> None:
    """Whoever makes the root as well is refused for the place, the length or the hash that there cannot be."""
    assert refused_inclusion(LEAVES[0], index, size, proof, root)


@pytest.mark.parametrize(("old", "old_root", "new", "new_root", "proof"), [
    (2, mth(0, 2), 1, mth(0, 2), []), (1, mth(0, 1), 2, mth(0, 1), []),
    (3, sha(LEAVES[9], mth(0, 3)), 4, sha(LEAVES[9], mth(0, 4)), [*subproof(3, 0, 4, True), LEAVES[9]]),
    (1, mth(0, 1), 2, sha(mth(0, 1), b"short"), [b"short"]),
], ids=["shorter", "proof too short", "proof too long", "no hash"])
def test_roots_that_fit_are_not_enough(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> None:
    assert refused_consistency(old, old_root, new, new_root, proof)


def test_a_longer_log_is_not_continued_by_a_shorter_one() -> None:
    with pytest.raises(ValueError, match="does not continue"):
        prove_consistency(5, 4, mth)


def test_a_hash_of_another_length_is_refused() -> None:
    proof = path(3, 0, 7)
    for cut in (proof[0][:-1], proof[0] + b"\0"):
        assert refused_inclusion(LEAVES[3], 3, 7, [cut, *proof[1:]], mth(0, 7))
        assert refused_consistency(3, mth(0, 3), 7, mth(0, 7), [cut, *subproof(3, 0, 7, True)[1:]])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_049])
def test_proofs_from_tiles(size: int) -> None:
    rows = [LEAVES[:size]]
    rows.extend(
        [mth(at << height, (at + 1) << height) for at in range(size >> height)]
        for height in range(8, size.bit_length(), 8)
    )
    tiles = {}
    for level, row in enumerate(rows):
        for index, width in spans(size, level):
            tiles[level, index, width] = b"".join(row[index * 256 : index * 256 + width])
    hashes = from_tiles(size, lambda level, index, width: tiles[level, index, width])
    for index in {0, 1, size // 3, size // 2, size - 1} & set(range(size)):
        proof = prove_inclusion(index, size, hashes)
        assert proof == path(index, 0, size)
    for old in {1, 2, size // 3, size // 2, size - 1, size} & set(range(1, size + 1)):
        assert prove_consistency(old, size, hashes) == subproof(old, 0, size, True)


def test_a_tile_that_is_cut_short_is_refused() -> None:
    hashes = from_tiles(5, lambda _level, _index, _width: b"".join(LEAVES[:5])[:-1])
    with pytest.raises(VerificationError, match="cut short"):
        hashes(4, 5)


def test_the_text_of_a_proof() -> None:
    note = b"log\n7\nroot\n\n\xe2\x80\x94 log sig\n"
    text = write_proof(3, path(3, 0, 7), note)
    lines = text.decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 3"]
    assert [base64.b64decode(line) for line in lines[2:5]] == path(3, 0, 7)
    assert text.endswith(b"\n\n" + note)
    assert read_proof(text) == (3, path(3, 0, 7), note)
    assert read_proof(text.replace(b"index", b"extra AAAA\nindex", 1)) == (3, path(3, 0, 7), note)
    for old, new in ((b"@v1", b"@v2"), (b"index 3", b"index 03"), (b"index 3", b"leaf 3"), (b"\n\nlog", b"\nlog"),
                     (lines[2].encode(), b"AAAA"), (lines[2].encode(), b"!"), (b"index 3\n", b"")):
        with pytest.raises(VerificationError, match="proof of inclusion"):
            read_proof(text.replace(old, new, 1))


def test_the_text_of_a_consistency_proof() -> None:
    proof = subproof(3, 0, 7, True)
    text = write_consistency(3, 7, proof)
    assert read_consistency(text) == (3, 7, proof)
    for broken in (text[:-1], b"x" + text, text.replace(b"\n3\n", b"\nx\n"), text + b"AAAA\n", b"", b"\xff"):
        with pytest.raises(VerificationError, match="cannot be read"):
            read_consistency(broken)


FORM = "The proof of inclusion is not written as the format asks"


@pytest.mark.parametrize(("old", "new", "says"), [
    (b"@v1", b"@v2", FORM), (b"index 3", b"index 03", FORM),
    (b"\nindex 3\n", b"\nindex 3\nAAAA\n", "The proof of inclusion cannot be read: 'AAAA' is no SHA-256"),
])
def test_why_a_proof_of_inclusion_is_refused(old: bytes, new: bytes, says: str) -> None:
    text = write_proof(3, path(3, 0, 7), b"log\n7\nroot\n")
    with pytest.raises(VerificationError) as caught:
        read_proof(text.replace(old, new, 1))
    assert caught.value.message == says


def test_a_stranger_among_the_base64_is_no_part_of_a_hash() -> None:
    text = write_consistency(3, 7, subproof(3, 0, 7, True))
    head, first, rest = text.partition(b"7\n")
    with pytest.raises(VerificationError, match=r"^The consistency proof cannot be read: "):
        read_consistency(head + first + rest[:4] + b"!" + rest[4:])


@pytest.mark.parametrize("broken", [b"x", b""])
def test_why_a_consistency_proof_is_refused(broken: bytes) -> None:
    text = write_consistency(3, 7, subproof(3, 0, 7, True))
    with pytest.raises(VerificationError) as caught:
        read_consistency(b"x" + text if broken else text + b"x")
    assert caught.value.message == "The consistency proof cannot be read: it begins or ends otherwise"


@pytest.mark.parametrize(("old", "new", "proof", "says"), [
    (5, 3, [], "A log of 3 leaves does not continue one of 5"),
    (3, 7, [*subproof(3, 0, 7, True), mth(0, 1)], "The consistency proof is too long"),
    (3, 7, subproof(3, 0, 7, True)[:-1], "The consistency proof is too short"),
    (4, 7, [], "The consistency proof is too short"),
    (3, 7, [], "The consistency proof is empty"),
    (0, 7, [mth(0, 1)], "At 0 leaves there are two different roots"),
    (3, 7, subproof(3, 0, 8, True), "The log of 7 leaves does not continue that of 3: one of them was rewritten"),
])
def test_why_a_log_continues_no_other(old: int, new: int, proof: list[bytes], says: str) -> None:
    with pytest.raises(VerificationError) as caught:
        check_consistency(old, mth(0, old) if old else EMPTY_ROOT, new, mth(0, new), proof)
    assert caught.value.message == says


@pytest.mark.parametrize(("index", "proof", "says"), [
    (7, [], "There is no leaf 7 in a log of 7"),
    (3, [*path(3, 0, 7), mth(0, 1)], "The inclusion proof is too long"),
    (3, path(3, 0, 7)[:-1], "The inclusion proof does not lead from leaf 3 to the root of 7 leaves"),
    (3, [b"", *path(3, 0, 7)[1:]], "A proof holds something that is no SHA-256"),
])
def test_why_a_leaf_is_not_in_a_log(index: int, proof: list[bytes], says: str) -> None:
    with pytest.raises(VerificationError) as caught:
        check_inclusion(LEAVES[3], index, 7, proof, mth(0, 7))
    assert caught.value.message == says

"""The compact range against the recursive definition of RFC 6962, section 2.1, written anew here."""

from __future__ import annotations

import hashlib

import pytest

from agent.seal.merkle import EMPTY, Range, leaf_hash, perfect_root


def mth(entries: list[bytes]) -> bytes:
    """MTH(D[n]) as the RFC writes it."""
    n = len(entries)
    if n == 0:
        return hashlib.sha256().digest()
    if n == 1:
        return hashlib.sha256(bytes([0]) + entries[0]).digest()
    k = 1
    while k * 2 < n:
        k *= 2
    return hashlib.sha256(bytes([1]) + mth(entries[:k]) + mth(entries[k:])).digest()


ENTRIES = [f"entry {number}".encode() * (number % 3 + 1) for number in range(300)]


def test_every_tree_up_to_128_leaves() -> None:
    grown = EMPTY
    assert grown.root() == mth([])
    for size in range(1, 129):
        grown, _ = grown.append(leaf_hash(ENTRIES[size - 1]))
        assert grown.size == size
        assert grown.root() == mth(ENTRIES[:size])
        assert Range.from_bytes(size, grown.to_bytes()) == grown


def test_known_roots() -> None:
    # The roots over the entries of certificate-transparency's own test vectors.
    entries = [bytes.fromhex(text) for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, root in roots.items():
        assert EMPTY.extend(map(leaf_hash, entries[:size])).root().hex() == root


def test_the_subtrees_that_an_append_completes() -> None:
    grown = EMPTY
    for number, entry in enumerate(ENTRIES):
        grown, completed = grown.append(leaf_hash(entry))
        expected = [height for height in range(1, 10) if (number + 1) % (1 << height) == 0]
        assert [height for height, _ in completed] == expected
        for height, root in completed:
            assert root == mth(ENTRIES[number + 1 - (1 << height) : number + 1])


@pytest.mark.parametrize("height", range(9))
def test_the_root_of_a_whole_tile(height: int) -> None:
    some = ENTRIES[: 1 << height]
    assert perfect_root([leaf_hash(entry) for entry in some]) == mth(some)


@pytest.mark.parametrize(("size", "hashes"), [(0, (b"\0" * 32,)), (3, (b"\0" * 32,)), (1, (b"\0" * 31,)), (1, ())])
def test_what_is_no_range_is_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="no compact range"):
        Range(size, hashes)


def test_cut_bytes_are_no_range() -> None:
    whole = EMPTY.extend(map(leaf_hash, ENTRIES[:7]))
    for cut in range(1, 32):
        with pytest.raises(ValueError, match="no compact range"):
            Range.from_bytes(7, whole.to_bytes()[:-cut])

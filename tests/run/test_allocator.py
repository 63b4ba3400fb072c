"""Memory that was taken and let go is the system's again."""

import subprocess
import sys

import pytest

from agent.run import settle

PROGRAM = """
from pathlib import Path
from agent.run.allocator import settle

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4

settled = settle()
for size in range(1 << 17, 1 << 20, 1 << 14):  # each larger than the last: glibc would raise its threshold with them
    bytearray(size)
held = [bytearray(b"x" * (1 << 19)) for _ in range(200)]
last = bytearray(b"y" * (1 << 12))
before = resident()
del held
print(settled, before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_what_is_let_go_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    settled, back = done.stdout.split()
    assert settled == "True" or not settle()
    assert settled != "True" or int(back) > 90_000, f"of 100 MB only {back} kB"

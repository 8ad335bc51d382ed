from __future__ import annotations

import subprocess
import sys
import textwrap  # noqa: F401 - code that a fork has not run yet
import tokenize  # noqa: F401 - and more of it

from jupyter_containers.linux import memory
from tests.support.children import exit_of
from tests.support.page_copies import copies

# Each thread that has allocated something has an arena of its own, unless it must share.
SCRIPT = """
import ctypes, sys, threading
if sys.argv[1] == "one":
    from jupyter_containers.linux import memory
    memory.use_one_arena()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
meeting = threading.Barrier(4)
def allocate():
    libc.malloc(100)
    meeting.wait()
threads = [threading.Thread(target=allocate) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.fopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p.in_dll(libc, "stdout")
libc.malloc_info(0, stream)
libc.fflush(None)
"""


def arenas(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=True)
    return done.stdout.count("<heap nr=")


def test_threads_share_one_arena_once_told_to() -> None:
    assert arenas("as it comes") > 1
    assert arenas("one") == 1


def own() -> None:
    memory.own(("textwrap", "tokenize"))


def test_a_process_that_waits_has_its_own_copy_of_what_it_will_run() -> None:
    own()
    assert copies(own) > 100
    assert copies(own, after=own) < 20


def test_what_is_made_after_the_pools_were_filled_lies_together() -> None:
    def work() -> None:
        kept = [bytes(60) for _ in range(5000)]
        del kept[::7]  # leaves half-used pools behind
        _filling = memory.fill_pools()
        places = {id(block) // 4096 for block in [bytes(60) for _ in range(100)]}
        # 100 blocks of 96 bytes fill two and a half pages.
        assert len(places) <= 4

    assert exit_of(work) == 0


# Blocks too small to be mapped each on its own, freed below one that stays.
HOLLOW = """
import ctypes
from jupyter_containers.linux import memory
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
memory.give_back()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
before = resident()
blocks = [libc.malloc(65536) for _ in range(320)]
for block in blocks:
    ctypes.memset(block, 1, 65536)
pin = libc.malloc(65536)
for block in blocks:
    libc.free(block)
held = resident() - before
memory.give_back()
print(held, resident() - before)
"""


def test_memory_that_was_freed_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", HOLLOW], capture_output=True, text=True, check=True)
    held, left = map(int, done.stdout.split())
    assert held > 18_000_000
    assert left < 4_000_000

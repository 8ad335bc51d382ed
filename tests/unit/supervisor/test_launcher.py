"""A real zygote and shims without containers: starting, dying and being replaced."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jupyter_containers.errors import Unavailable
from jupyter_containers.supervisor.connection import Shim
from jupyter_containers.supervisor.launcher import ENTRY, Launcher
from tests.support.children import own_children
from tests.support.eventually import eventually


def with_launcher(place: Path, work: Callable[[Launcher], Awaitable[None]], *, entry: Path = ENTRY) -> None:
    async def main() -> None:
        launcher = Launcher(place, entry=entry)
        await launcher.open()
        try:
            await work(launcher)
        finally:
            await launcher.close()

    before = own_children()
    asyncio.run(asyncio.wait_for(main(), 30))
    assert own_children() <= before


async def launch(launcher: Launcher, place: Path, name: str = "a") -> Shim:
    (place / name).mkdir(exist_ok=True)
    return await launcher.launch(name * 64, place / name)


def zygotes() -> list[int]:
    """Return this process's own zygotes."""
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in text.split() if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"jc: zygote")]


def is_there(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def runs(pid: int) -> bool:
    """Tell whether a process is alive; one that nobody has reaped yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(shim: Shim) -> None:
    shim.close()
    await asyncio.to_thread(eventually, lambda: not is_there(shim.pid))


def entry_that(place: Path, script: str) -> Path:
    path = place / "entry.py"
    path.write_text(f"import os, sys\n{script}\nos.execve(sys.executable, [sys.executable, '-I', '-S', {str(ENTRY)!r}, "
                    "sys.argv[1]], os.environ)\n")  # fmt: skip
    return path


def test_a_shim_answers_and_knows_its_pid(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        shim = await launch(launcher, tmp_path)
        assert (await shim.describe())["shim_pid"] == shim.pid
        assert Path(f"/proc/{shim.pid}/cmdline").read_bytes().startswith(b"jc: spare shim")
        await gone(shim)

    with_launcher(tmp_path, work)


def test_many_at_once_get_each_their_own(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        shims = await asyncio.gather(*(launch(launcher, tmp_path, name) for name in "abcdefgh"))
        described = await asyncio.gather(*(shim.describe() for shim in shims))
        assert [answer["shim_pid"] for answer in described] == [shim.pid for shim in shims]
        await asyncio.gather(*map(gone, shims))

    with_launcher(tmp_path, work)


def test_shims_outlive_launcher_and_zygote_in_sessions_of_their_own(tmp_path: Path) -> None:
    kept: list[Shim] = []

    async def main() -> None:
        launcher = Launcher(tmp_path)
        await launcher.open()
        shim = await launch(launcher, tmp_path)
        await shim.describe()
        (zygote,) = zygotes()
        assert os.getsid(zygote) == zygote
        await launcher.close()
        assert not is_there(zygote)
        assert (await shim.describe())["shim_pid"] == shim.pid
        assert os.getsid(shim.pid) == shim.pid
        kept.append(shim)
        await gone(shim)

    asyncio.run(main())
    assert kept


def test_a_killed_zygote_is_replaced_at_the_next_launch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def work(launcher: Launcher) -> None:
        first = await launch(launcher, tmp_path, "a")
        (old,) = zygotes()
        os.kill(old, signal.SIGKILL)
        second = await launch(launcher, tmp_path, "b")
        (new,) = zygotes()
        assert new != old
        for shim in (first, second):
            assert (await shim.describe())["shim_pid"] == shim.pid
            await gone(shim)

    with_launcher(tmp_path, work)
    assert "the zygote has ended" in caplog.text
    assert "sealed" not in caplog.text


def test_all_who_wait_for_a_zygote_that_dies_get_their_shim_from_one_other(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        (await launch(launcher, tmp_path, "z")).close()
        (old,) = zygotes()
        os.kill(old, signal.SIGSTOP)
        tasks = [asyncio.create_task(launch(launcher, tmp_path, name)) for name in "abc"]
        await asyncio.sleep(0)
        os.kill(old, signal.SIGKILL)
        shims = await asyncio.gather(*tasks)
        assert len(zygotes()) == 1
        assert len({shim.pid for shim in shims}) == 3
        await asyncio.gather(*map(gone, shims))

    with_launcher(tmp_path, work)


def test_a_zygote_that_does_not_start_sealed_starts_plain_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Only the plain one has an environment.
    entry = entry_that(tmp_path, "if 'PATH' not in os.environ: sys.exit(3)")

    async def work(launcher: Launcher) -> None:
        shim = await launch(launcher, tmp_path)
        assert (await shim.describe())["shim_pid"] == shim.pid
        await gone(shim)

    with caplog.at_level(logging.WARNING):
        with_launcher(tmp_path, work, entry=entry)
    assert "the sealed copy of the interpreter does not start here" in caplog.text


def test_a_zygote_that_never_starts_is_an_answer_and_not_a_loop(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        before = set(os.listdir("/proc/self/fd"))
        with pytest.raises(Unavailable, match="zygote dies"):
            await launch(launcher, tmp_path)
        assert set(os.listdir("/proc/self/fd")) <= before

    with_launcher(tmp_path, work, entry=entry_that(tmp_path, "sys.exit(3)"))


def test_a_launch_that_is_cancelled_leaves_no_shim(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        (await launch(launcher, tmp_path, "a")).close()
        (zygote,) = zygotes()
        os.kill(zygote, signal.SIGSTOP)
        task = asyncio.create_task(launch(launcher, tmp_path, "b"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        os.kill(zygote, signal.SIGCONT)
        await gone(await launch(launcher, tmp_path, "c"))
        children = Path(f"/proc/{zygote}/task/{zygote}/children")
        await asyncio.to_thread(eventually, lambda: not children.read_text())

    with_launcher(tmp_path, work)


def test_the_zygote_knows_nothing_of_the_daemon_s_environment(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        shim = await launch(launcher, tmp_path)
        await shim.describe()
        (zygote,) = zygotes()
        for pid in (zygote, shim.pid):
            assert b"PATH=" not in Path(f"/proc/{pid}/environ").read_bytes()
        await gone(shim)

    with_launcher(tmp_path, work)


def spares(zygote: int) -> list[int]:
    """Return the shims of a zygote that wait for a container."""
    found = []
    for pid in Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split():
        if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"jc: spare shim"):
            found.append(int(pid))
    return found


async def stocked(launcher: Launcher) -> int:
    """Have one in stock; return its pid."""
    launcher.stock()
    while launcher.spare_pid == 0:
        await asyncio.sleep(0)
    (zygote,) = zygotes()
    await asyncio.to_thread(eventually, lambda: spares(zygote) == [launcher.spare_pid])
    return launcher.spare_pid


def test_what_is_in_stock_is_the_next_container_s_shim(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        spare = await stocked(launcher)
        launcher.stock()  # one is enough
        shim = await launch(launcher, tmp_path)
        assert shim.pid == spare
        assert launcher.spare_pid == 0
        assert (await shim.describe())["shim_pid"] == spare
        await gone(shim)

    with_launcher(tmp_path, work)


def test_a_spare_that_was_killed_is_not_given_to_anybody(tmp_path: Path) -> None:
    async def work(launcher: Launcher) -> None:
        spare = await stocked(launcher)
        children = [int(pid) for pid in Path(f"/proc/{spare}/task/{spare}/children").read_text().split()]
        os.kill(spare, signal.SIGKILL)
        await asyncio.to_thread(eventually, lambda: not any(map(runs, (spare, *children))))
        shim = await launch(launcher, tmp_path)
        assert shim.pid != spare
        assert (await shim.describe())["shim_pid"] == shim.pid
        await gone(shim)

    with_launcher(tmp_path, work)


def test_the_stock_goes_with_the_launcher(tmp_path: Path) -> None:
    seen: list[int] = []

    async def work(launcher: Launcher) -> None:
        seen.append(await stocked(launcher))
        launcher.stock(after_seconds=3600)

    with_launcher(tmp_path, work)
    eventually(lambda: not is_there(seen[0]))

"""Processes of the bench: cores they run on, what CPU and memory they used. Linux only (/proc, sched_setaffinity)."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def cores(chosen: Sequence[int]) -> Iterator[None]:
    """Run the block on ``chosen`` cores; processes started inside inherit them and keep them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(pid: int) -> list[int]:
    """Return ``pid`` and all its living descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int(_stat(int(entry.name))[1])
                parents.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for member in found:
        found.extend(parents.get(member, ()))
    return found


def cpu_s(pid: int) -> float:
    """Return CPU seconds, user and system, of ``pid`` and all its descendants (ended and reaped ones included).

    Raises ``OSError`` when ``pid`` itself is gone: counted as nothing it would look like a peer that costs nothing.
    """
    total = sum(int(field) for field in _stat(pid)[11:15])
    for member in family(pid)[1:]:
        with contextlib.suppress(OSError):
            fields = _stat(member)
            total += sum(int(field) for field in fields[11:15])
    return total / _TICKS_A_SECOND


def rss_bytes(pid: int) -> int:
    """Return the resident memory of one process."""
    return _memory_bytes(pid, "VmRSS:")


def peak_rss_bytes(pid: int) -> int:
    """Return the highest resident memory one process has had."""
    return _memory_bytes(pid, "VmHWM:")


def reset_peak_rss(pid: int) -> None:
    """Let ``peak_rss_bytes`` count from now (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _memory_bytes(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise OSError(f"process {pid} has no {field}")


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the command's name (which may hold blanks): state, parent, …."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for one bench at a time. Raises ``BlockingIOError`` when another one has it.

    Two in one folder replace each other's data and keys: one then measures refusals, or the other one's gateway.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "in-use").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@contextlib.contextmanager
def running(command: Sequence[str], *, on: Sequence[int], log: Path) -> Iterator[int]:
    """Run ``command`` on the cores ``on`` while the block runs; yield its process id. Its output goes to ``log``."""
    with log.open("wb") as output, cores(on):
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def wait_until_served(url: str, *, log: Path, body: bytes, headers: dict[str, str], expected: bytes) -> None:
    """POST ``body`` until the answer is ``expected`` (30 s at most). Raises ``RuntimeError`` with the peer's log."""
    seen = "no answer"
    for _ in range(300):
        request = urllib.request.Request(url, data=body, method="POST", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                if answer.status == 200 and answer.read() == expected:
                    return
                seen = f"status {answer.status} or another body"
        except urllib.error.HTTPError as error:
            seen = f"status {error.code}: {error.read(500)!r}"
        except OSError as error:
            seen = str(error)
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"{url} does not answer as it should ({seen})\n{tail}")


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

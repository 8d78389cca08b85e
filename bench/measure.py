"""What is measured at one peer: a saturating run with wrk, and a paced run at a fixed rate."""

import json
import os
import select
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from peers import BODY, HERE, WORK, Peer
from processes import cores, cpu_s

CONNECTIONS = 32
WARM_UP_S = 3
ERROR_KINDS = ("connect", "read", "write", "status", "timeout")


class Saturated(NamedTuple):
    """A run in which every connection always has a call under way."""

    peer: str
    calls: int
    calls_per_s: float
    cpu_us: float
    """CPU microseconds a call, user and system, all processes of the peer."""
    p50_ms: float
    p99_ms: float
    errors: int
    cpu_us_range: tuple[float, float] = (0.0, 0.0)
    """Lowest and highest ``cpu_us`` of the rounds this row is the median of."""


class Paced(NamedTuple):
    """A run at a fixed rate. Latency counts from the moment a call was due, not from when it could be sent."""

    peer: str
    rate_per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    late: int
    """Calls sent more than a millisecond after they were due: no free connection, or the generator was behind."""


def saturate(peer: Peer, *, seconds: int, on: Sequence[int]) -> Saturated:
    """Drive the peer with wrk for ``seconds`` after a warm-up, and count its CPU over the same time."""
    _wrk(peer, WARM_UP_S, on)
    before = cpu_s(peer.pid)
    seen = _wrk(peer, seconds, on)
    used = cpu_s(peer.pid) - before
    calls = seen["requests"]
    if used <= 0:
        raise RuntimeError(f"{peer.name} used no CPU: something else answered at {peer.url}")
    return Saturated(
        peer.name,
        calls,
        calls / (seen["duration_us"] / 1e6),
        used / max(calls, 1) * 1e6,
        seen["p50_us"] / 1000,
        seen["p99_us"] / 1000,
        sum(seen[kind] for kind in ERROR_KINDS),
    )


def median(rounds: Sequence[Saturated]) -> Saturated:
    """Return the round with the median CPU a call, with the errors of all rounds and their range.

    A virtual machine's speed moves by tens of percent within minutes; one round of one peer says little about a ratio.
    Rounds with errors are left out of median and range where there are others: a refusal costs less than a call.
    """
    ordered = sorted([row for row in rounds if not row.errors] or rounds, key=lambda row: row.cpu_us)
    return ordered[len(ordered) // 2]._replace(
        errors=sum(row.errors for row in rounds), cpu_us_range=(ordered[0].cpu_us, ordered[-1].cpu_us)
    )


def _wrk(peer: Peer, seconds: int, on: Sequence[int]) -> dict[str, int]:
    body = WORK / "body.json"
    body.write_bytes(BODY)
    script = str(HERE / "post.lua")
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s", "-s", script]
    with cores(on):
        done = subprocess.run(
            [*command, peer.url],
            env={**os.environ, "BENCH_BODY": str(body), "BENCH_TOKEN": peer.token},
            capture_output=True,
            text=True,
            check=True,
        )
    for line in done.stdout.splitlines():
        if line.startswith("BENCH "):
            found: dict[str, int] = json.loads(line.removeprefix("BENCH "))
            return found
    raise RuntimeError(f"wrk said nothing usable:\n{done.stdout}{done.stderr}")


def pace(peer: Peer, *, rate_per_s: float, seconds: int, on: Sequence[int]) -> Paced:
    """Send calls at even distances over kept-alive connections. Open loop: a slow answer does not slow the sending.

    wrk has no rate limit. Plain sockets and select, because its timeout is exact to about 50 µs; an event loop's
    timers tick in milliseconds, which would send the calls in bunches and measure the bunch.
    """
    with cores(on):
        pacer = _Pacer(peer)
        pacer.run(rate_per_s, 2.0)
        return pacer.run(rate_per_s, float(seconds))


class _Pacer:
    def __init__(self, peer: Peer) -> None:
        parts = urlsplit(peer.url)
        assert parts.hostname is not None
        assert parts.port is not None
        token = f"Authorization: Bearer {peer.token}\r\n" if peer.token else ""
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n{token}"
        self._request = f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
        self._peer = peer.name
        self._sockets = [socket.create_connection((parts.hostname, parts.port), timeout=10) for _ in range(CONNECTIONS)]
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self, rate_per_s: float, seconds: float) -> Paced:
        idle = list(self._sockets)
        due_at: dict[socket.socket, float] = {}
        latencies: list[float] = []
        errors = late = sent = 0
        begin = time.perf_counter()
        total = int(rate_per_s * seconds)
        while sent < total or due_at:
            now = time.perf_counter()
            due = begin + sent / rate_per_s
            while sent < total and due <= now and idle:
                connection = idle.pop()
                connection.send(self._request)
                late += now - due > 0.001
                due_at[connection] = due
                sent += 1
                due = begin + sent / rate_per_s
            wait_s = 10.0 if sent >= total or not idle else max(due - time.perf_counter(), 0.0)
            readable, _, _ = select.select(list(due_at), [], [], wait_s)
            if not readable and wait_s == 10.0:
                errors += len(due_at)
                break
            for connection in readable:
                answer = connection.recv(65536)
                if not _whole(answer):
                    errors += 1
                latencies.append(time.perf_counter() - due_at.pop(connection))
                idle.append(connection)
        latencies.sort()
        p50, p99 = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.99))
        return Paced(self._peer, rate_per_s, p50, p99, errors, late)


def _whole(answer: bytes) -> bool:
    """Say whether one read brought a whole 200 answer; small answers on loopback come in one piece."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        return False
    if b"chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    return body.endswith(b"}")


def machine() -> dict[str, str]:
    """Return what the numbers depend on: processor, cores, kernel."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {"cpu": model, "cores": str(os.cpu_count()), "kernel": os.uname().release, "arch": os.uname().machine}

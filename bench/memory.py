"""Memory of vendorgate: idle processes, idle kept-alive connections, one large download; and how long --help takes."""

import argparse
import json
import resource
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from peers import ANSWER, BODY, WORK, Peer, nginx_binary, upstream, vendorgate
from processes import alone, family, peak_rss_bytes, reset_peak_rss, rss_bytes, wait_until_served

MIB = 2**20
DOWNLOAD_BYTES = 2**30
CONNECTIONS = 2000
DOWNLOADS = '  - {id: downloads, who: ["group:payroll"], call: ["bench.files.get"], effect: allow}\n'


def main() -> int:
    """Measure everything once and print it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    if not nginx_binary():
        print("The bench needs nginx: apt-get install nginx-light", file=sys.stderr)
        return 2
    _allow_files(2 * CONNECTIONS + 200)
    try:
        with alone(WORK):
            found = _measure()
    except BlockingIOError:
        print(f"Another bench runs in {WORK}: wait for its end.", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps({name: round(value, 2) for name, value in found.items()}, indent=2))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' ')}: {value:.1f}")
    return 0


def _measure() -> dict[str, float]:
    files = WORK / "upstream" / "files"
    files.mkdir(parents=True, exist_ok=True)
    with (files / "large").open("wb") as large:
        large.truncate(DOWNLOAD_BYTES)
    found: dict[str, float] = {"help_ms": _help_ms()}
    with upstream((0,)) as vendor_port, vendorgate(vendor_port, (0,), 1, more_rules=DOWNLOADS) as peer:
        for pid in family(peer.pid):
            found[f"idle_{_role(pid)}_mib"] = rss_bytes(pid) / MIB
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {peer.token}"}
        wait_until_served(peer.url, log=peer.log, body=BODY, headers=headers, expected=ANSWER)
        return found | _connections(peer) | _download(peer)


def _help_ms() -> float:
    """Return the median wall time of ``vendorgate --help``, of 15."""
    taken = []
    for _ in range(15):
        began = time.perf_counter()
        subprocess.run([Path(sys.executable).parent / "vendorgate", "--help"], check=True, capture_output=True)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _role(pid: int) -> str:
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    for role, mark in (("control_plane", b"control_plane"), ("worker", b"cli.worker"), ("supervisor", b"serve")):
        if mark in command:
            return role
    return "other"


def _worker(peer: Peer) -> int:
    return next(pid for pid in family(peer.pid) if _role(pid) == "worker")


def _connections(peer: Peer) -> dict[str, float]:
    """Open many connections, make one call on each, leave them idle; return the worker's growth a connection.

    The same number of calls on one connection comes first, so that caches are warm and only connections count.
    """
    worker = _worker(peer)
    call = _post(peer)
    with _connect(peer) as one:
        for _ in range(CONNECTIONS):
            _exchange(one, call)
    before = rss_bytes(worker)
    opened = [_connect(peer) for _ in range(CONNECTIONS)]
    for connection in opened:
        _exchange(connection, call)
    grown = rss_bytes(worker) - before
    for connection in opened:
        connection.close()
    return {
        "idle_connection_kib": grown / CONNECTIONS / 1024,
        "worker_with_idle_connections_mib": (before + grown) / MIB,
    }


def _download(peer: Peer) -> dict[str, float]:
    """Download 1 GiB, pausing first so that missing back-pressure shows; return the worker's peak and the speed."""
    worker = _worker(peer)
    before = rss_bytes(worker)
    reset_peak_rss(worker)
    parts = urlsplit(peer.url)
    head = f"GET /bench/v1/files/large HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {peer.token}\r\n\r\n"
    received = 0
    with _connect(peer) as connection:
        connection.sendall(head.encode())
        time.sleep(2.0)
        began = time.perf_counter()
        while received < DOWNLOAD_BYTES and (piece := connection.recv(MIB)):
            if not received and not piece.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(piece[:500].decode("latin-1"))
            received += len(piece)
    if received < DOWNLOAD_BYTES:
        raise RuntimeError(f"the download ended after {received} bytes")
    taken_s = time.perf_counter() - began
    return {
        "download_growth_mib": (peak_rss_bytes(worker) - before) / MIB,
        "download_peak_mib": peak_rss_bytes(worker) / MIB,
        "download_mib_per_s": received / MIB / taken_s,
    }


def _post(peer: Peer) -> bytes:
    parts = urlsplit(peer.url)
    fields = f"Host: {parts.netloc}\r\nContent-Type: application/json\r\nAuthorization: Bearer {peer.token}\r\n"
    return f"POST {parts.path} HTTP/1.1\r\n{fields}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY


def _connect(peer: Peer) -> socket.socket:
    parts = urlsplit(peer.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def _exchange(connection: socket.socket, call: bytes) -> None:
    connection.sendall(call)
    answer = connection.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer[:500].decode("latin-1"))


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())

"""Streams through the real gateway: event by event, credential redacted across chunk borders, memory bounded."""

import json
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

from vendorgate.testing.fake_vendor import FakeRequest, FakeResponse, FakeVendor
from vendorgate.testing.running_gateway import RunningGateway

from .conftest import CONFIG, SECRET

BIG = 256 * 1024 * 1024


async def _events() -> AsyncIterator[bytes]:
    import asyncio

    yield b"data: one\n\n"
    await asyncio.sleep(0.4)
    yield b"data: " + SECRET[:10].encode()
    await asyncio.sleep(0.1)
    yield SECRET[10:].encode() + b"\n\n"
    await asyncio.sleep(0.4)
    yield b"data: three\n\n"


async def _download() -> AsyncIterator[bytes]:
    piece = b"0123456789abcdef" * 16384
    for _ in range(BIG // len(piece)):
        yield piece


def _respond(request: FakeRequest) -> FakeResponse:
    if "balance" in request.target:
        return FakeResponse(content_type="application/octet-stream", pieces=_download())
    return FakeResponse(content_type="text/event-stream", pieces=_events())


def _open(gateway: RunningGateway, path: str, token: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", gateway.gateway_port))
    head = f"GET {path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def _rss_kib(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


def test_events_come_one_by_one_and_a_download_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    with FakeVendor(_respond) as vendor:
        gateway = RunningGateway(CONFIG.replace("VENDOR", vendor.url), tmp_path, environ={"OPENAI_KEY": "sk-x"})
        gateway.cli("credentials", "set", "stripe-live", stdin=SECRET.encode())
        with gateway:
            token = gateway.token("reader")
            connection = _open(gateway, "/stripe/v1/events", token)
            started = time.monotonic()
            times, received = [], b""
            while piece := connection.recv(65536):
                received += piece
                times.append(time.monotonic() - started)
            assert b"data: one\n\n" in received
            assert b"data: three\n\n" in received
            assert SECRET.encode() not in received
            assert b"[credential]" in received
            assert received.endswith(b"0\r\n\r\n")
            assert times[-1] - times[0] > 0.5, "the first event did not wait for the last"

            worker = subprocess.run(
                ["pgrep", "-P", str(gateway.pid), "-f", "cli.worker"], capture_output=True, text=True, check=True
            )
            pid = int(worker.stdout.split()[0])
            before = _rss_kib(pid)
            connection = _open(gateway, "/stripe/v1/balance", token)
            total = 0
            time.sleep(0.5)
            while piece := connection.recv(1 << 20):
                total += len(piece)
            assert total > BIG
            assert _rss_kib(pid) - before < 32 * 1024
            calls = gateway.calls()
            assert [c["state"] for c in calls] == ["closed", "closed"]
            assert calls[0]["response"]["bytes"] == BIG
            assert calls[0]["response"]["truncated"] is True
            assert "three" in json.dumps(calls[1]["response"]["body"])

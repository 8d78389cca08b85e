"""The control-plane process: the admin listener, and the projector that keeps the searchable record up to date."""

import asyncio
import contextlib
import os
import pickle
import signal
import struct
import sys
import time

import uvicorn

from vendorgate.admin.app import build_app
from vendorgate.bootstrap import build_people, build_reader
from vendorgate.cli.messages import Start
from vendorgate.config.keys import load_or_create_keys
from vendorgate.store.reader import RecordReader
from vendorgate.telemetry import logger

PROJECT_EVERY_S = 0.25


async def serve(start: Start) -> int:
    """Serve until SIGTERM or until the supervisor is gone."""
    keys = load_or_create_keys(start.data)
    reader = build_reader(start.settings, keys, start.data)
    verify = build_people(start.settings, keys)
    app = build_app(reader=reader, verify=verify, access=dict(start.settings.access), clock=time.time)
    host, port = start.settings.listen.admin
    tls = start.settings.listen.admin_tls
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ssl_certfile=str(tls[0]) if tls else None,
            ssl_keyfile=str(tls[1]) if tls else None,
        )
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    projecting = loop.create_task(_project(reader))
    serving = loop.create_task(server.serve())
    loop.add_reader(sys.stdin.fileno(), _drop_messages, stop)
    # uvicorn tells in no other way that it listens.
    while not server.started and not serving.done():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    # uvicorn's own handlers are replaced: the supervisor decides when this process ends.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    # A part that ends by itself ends the process: the supervisor starts it anew.
    await asyncio.wait([loop.create_task(stop.wait()), serving, projecting], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    projecting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await projecting
    await serving
    return 0


def _drop_messages(stop: asyncio.Event) -> None:
    # New settings change nothing here yet but roles: they are read at start. An empty read is the supervisor's end.
    if not os.read(sys.stdin.fileno(), 65536):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


async def _project(reader: RecordReader) -> None:
    while True:
        try:
            moved = await asyncio.to_thread(reader.project)
            if moved:
                await asyncio.to_thread(reader.checkpoint)
        except OSError as error:
            logger.error("the projection is behind", error=type(error).__name__)
            moved = 0
        await asyncio.sleep(PROJECT_EVERY_S)


if __name__ == "__main__":
    os.umask(0o077)
    # Where both want one core, the data path goes first: a projection round took 20 ms out of its p99.
    os.nice(10)
    (length,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    message = pickle.loads(sys.stdin.buffer.read(length))  # noqa: S301 - only the parent process has this pipe
    sys.exit(asyncio.run(serve(message)) if isinstance(message, Start) else 2)

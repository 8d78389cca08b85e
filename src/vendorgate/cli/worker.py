"""A data-path worker process: gets its settings from the supervisor on stdin, serves until told to stop.

Messages are pickles behind a 4-byte length, from the parent's pipe and from nowhere else: the worker never
parses the configuration itself, so that all workers judge by the same version.
"""

import asyncio
import gc
import os
import pickle
import signal
import struct
import sys

import uvloop

from vendorgate.bootstrap import Gateway
from vendorgate.cli.messages import Start
from vendorgate.config.environment import environment
from vendorgate.config.keys import load_or_create_keys
from vendorgate.config.settings import Settings
from vendorgate.model import Refusal
from vendorgate.telemetry import logger


async def serve() -> int:
    """Serve until the supervisor closes the pipe or sends SIGTERM; return the exit code."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    start = await _receive(reader)
    if not isinstance(start, Start):
        return 2
    gateway = Gateway(
        start.settings,
        keys=load_or_create_keys(start.data),
        data=start.data,
        index=start.number,
        environ=environment(),
    )
    try:
        await gateway.start()
    except (OSError, Refusal) as error:
        logger.error("worker cannot start", worker=start.number, error=str(error))
        return 1
    # The start-up's objects live as long as the process: keep the collector from walking them on every round.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    following = loop.create_task(_follow(reader, gateway, stop))
    await stop.wait()
    following.cancel()
    await gateway.drain()
    return 0


async def _follow(reader: asyncio.StreamReader, gateway: Gateway, stop: asyncio.Event) -> None:
    while True:
        message = await _receive(reader)
        if message is None:
            stop.set()
            return
        if isinstance(message, Settings):
            gateway.reload(message)
            logger.info("configuration in force", version=message.version)


async def _receive(reader: asyncio.StreamReader) -> object:
    try:
        (length,) = struct.unpack(">I", await reader.readexactly(4))
        return pickle.loads(await reader.readexactly(length))  # noqa: S301 - only the parent process has this pipe
    except asyncio.IncompleteReadError:
        return None


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(uvloop.run(serve()))

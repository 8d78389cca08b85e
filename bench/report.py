"""The bench's table: as markdown for people and RESULTS.md, as JSON for programs."""

import datetime
from pathlib import Path
from typing import Any, NamedTuple

from measure import CONNECTIONS, Paced, Saturated
from peers import ANSWER, BODY

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"

SHARE_WANTED = 85.0
"""Percent of its core a saturated peer must have had. vendorgate waits for the disk a little: 92 to 97 when alone."""

METHOD = """\
Made by `make bench`; a run overwrites it when it was clean: no errors, and the cores to itself. One peer after the
other in one go, {rounds} round(s) over all of them; the table has the round with the median CPU a call, and the lowest
and highest of the rounds. The peer's processes are pinned to {peer_cores}; the vendor (one nginx worker answering from
memory) and wrk to {load_cores}. {connections} kept-alive connections, the same POST of {body} bytes of JSON, the same
answer of {answer} bytes. CPU is user and system time of all processes of the peer (vendorgate: supervisor, worker,
control plane), from /proc, over exactly the measured calls. "core %" is how much of its core the peer got: well under
100 means that other work ran there or, for nginx, that the vendor and wrk set the pace.

nginx and Envoy forward and do nothing else. mitmproxy forwards quietly. vendorgate has every control on: the caller's
token, five rules whose conditions are all evaluated, a stored credential attached and redacted from the answer,
masking of the record, and two durable events a call (SQLite, WAL, `synchronous=FULL`) on disk.
"""


class Result(NamedTuple):
    """All of one run."""

    machine: dict[str, str]
    versions: dict[str, str]
    workers: int
    seconds: int
    rounds: int
    shared: bool
    """Peer and load generator had to share a core: read CPU a call, not calls a second."""
    saturated: tuple[Saturated, ...]
    paced: tuple[Paced, ...]


def as_json(result: Result) -> dict[str, Any]:
    """Return the run as JSON values."""
    return {
        **result._asdict(),
        "saturated": [row._asdict() | _ratios(result, row) for row in result.saturated],
        "paced": [row._asdict() for row in result.paced],
    }


def _ratios(result: Result, row: Saturated) -> dict[str, float | None]:
    """Return the row's CPU a call against nginx's and Envoy's in the same run."""
    cpu = {other.peer: other.cpu_us for other in result.saturated}
    return {
        f"cpu_to_{peer}": round(row.cpu_us / cpu[peer], 2) if cpu.get(peer) else None for peer in ("nginx", "envoy")
    }


def core_share(result: Result, row: Saturated) -> float:
    """Return how much of its cores the peer used, in percent.

    Well under 100 at saturation means that something else ran there, or that vendor and load set the pace (nginx).
    """
    return row.calls_per_s * row.cpu_us / 1e4 / result.workers


def unfit(result: Result) -> list[str]:
    """Return why the run is not worth keeping; empty when it is. nginx outruns vendor and wrk, so its core may idle."""
    found = [f"{row.peer} had {row.errors} errors" for row in (*result.saturated, *result.paced) if row.errors]
    if result.shared:
        found.append("peer and load generator shared a core")
        return found
    return found + [
        f"{row.peer} got {share:.0f} % of its core: other work ran there"
        for row in result.saturated
        if row.peer != "nginx" and (share := core_share(result, row)) < SHARE_WANTED
    ]


def as_markdown(result: Result) -> str:
    """Return the tables."""
    lines = [
        "| peer | calls/s | CPU µs a call | rounds | × nginx | × Envoy | core % | p50 ms | p99 ms | calls | errors |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in result.saturated:
        ratios = [f"{value:.2f}" if value else "–" for value in _ratios(result, row).values()]
        lines.append(
            f"| {row.peer} | {row.calls_per_s:,.0f} | {row.cpu_us:.1f} "
            f"| {row.cpu_us_range[0]:.0f}–{row.cpu_us_range[1]:.0f} | {' | '.join(ratios)} "
            f"| {core_share(result, row):.0f} | {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.calls:,} | {row.errors} |"
        )
    if result.paced:
        rate = result.paced[0].rate_per_s
        lines += [
            "",
            f"At half of vendorgate's saturation, {rate:,.0f} calls/s, evenly paced, counted from when a call was due:",
            "",
            "| peer | p50 ms | p99 ms | sent late | errors |",
            "|---|--:|--:|--:|--:|",
            *(
                f"| {row.peer} | {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.late} | {row.errors} |"
                for row in result.paced
            ),
        ]
    if result.shared:
        lines += ["", "Peer and load generator shared a core: read CPU a call, not calls/s or latency."]
    return "\n".join(lines)


def write(result: Result) -> None:
    """Write RESULTS.md."""
    many = result.workers > 1
    method = METHOD.format(
        rounds=result.rounds,
        peer_cores=f"{result.workers} cores" if many else "one core",
        load_cores="the cores that are left" if many else "another",
        connections=CONNECTIONS,
        body=len(BODY),
        answer=len(ANSWER),
    )
    machine = result.machine
    facts = [
        f"- {machine['cpu']}, {machine['cores']} cores, {machine['arch']}, Linux {machine['kernel']}",
        "- " + ", ".join(f"{name} {version}" for name, version in result.versions.items()),
        f"- {datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {result.seconds} s a run, {result.workers} worker(s)",
    ]
    RESULTS.write_text(f"# Bench results\n\n{method}\n" + "\n".join(facts) + f"\n\n{as_markdown(result)}\n")

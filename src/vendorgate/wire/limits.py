"""Bounds on what a caller may send."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a caller may send. Sizes in bytes, times in seconds."""

    body: int = 8 * 1024 * 1024
    header: int = 32 * 1024
    headers: int = 100
    json_depth: int = 64
    header_timeout_s: float = 15.0
    body_timeout_s: float = 60.0
    idle_timeout_s: float = 75.0
    total_timeout_s: float = 900.0
    connections_per_peer: int = 4096
    connections: int = 16384
    capture: int = 64 * 1024
    """Bytes of an answer's body kept (masked) in the record."""

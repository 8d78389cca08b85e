"""``limits``: bounds on what a caller may send."""

from vendorgate.config.reader import Section
from vendorgate.config.values import duration, integer, size
from vendorgate.wire.limits import Limits


def read_limits(root: Section) -> Limits:
    """Read the section; the defaults where it is silent."""
    default = Limits()
    section = root.open("limits")
    if section is None:
        return default
    with section:
        return Limits(
            body=section.get("body", size(1024, 1024**3), default.body),
            header=section.get("header", size(1024, 1024**2), default.header),
            headers=section.get("headers", integer(10, 1000), default.headers),
            json_depth=section.get("json_depth", integer(1, 250), default.json_depth),
            header_timeout_s=section.get("header_timeout", duration("1s", "10m"), default.header_timeout_s),
            body_timeout_s=section.get("body_timeout", duration("1s", "1h"), default.body_timeout_s),
            idle_timeout_s=section.get("idle_timeout", duration("1s", "1h"), default.idle_timeout_s),
            total_timeout_s=section.get("total_timeout", duration("1s", "1d"), default.total_timeout_s),
            connections_per_peer=section.get(
                "connections_per_peer", integer(1, 1_000_000), default.connections_per_peer
            ),
            connections=section.get("connections", integer(1, 1_000_000), default.connections),
            capture=section.get("capture", size(0, 16 * 1024**2), default.capture),
        )

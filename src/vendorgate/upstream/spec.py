"""Where a vendor lives, as data."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Origin:
    """The one place a vendor's calls go to."""

    vendor: str
    scheme: str
    """``http`` or ``https``."""
    host: str
    port: int
    base_path: str = ""
    """Path part of base_url, without a trailing slash; empty when none."""
    allow_private: bool = False
    """Plain http and private or loopback addresses are accepted."""
    ca: Path | None = None
    """PEM file trusted beside the system roots."""
    timeout_s: float = 60.0

    @property
    def authority(self) -> str:
        """``host`` or ``host:port`` as it stands in the Host field."""
        default = 443 if self.scheme == "https" else 80
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == default else f"{host}:{self.port}"

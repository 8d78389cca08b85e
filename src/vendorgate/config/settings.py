"""What vendorgate.yaml means: frozen values, picklable, without anything read from the network or a key file."""

from dataclasses import dataclass, field
from pathlib import Path

from vendorgate.catalog.spec import VendorCatalog
from vendorgate.credentials.spec import CredentialSpec
from vendorgate.identity.spec import IssuerSpec
from vendorgate.masking.spec import ALL_DETECTORS, MaskSpec
from vendorgate.policy.spec import RuleSpec
from vendorgate.upstream.spec import Origin
from vendorgate.wire.limits import Limits


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """Where the gateway and the control plane listen: host and port."""

    gateway: tuple[str, int] = ("127.0.0.1", 8080)
    admin: tuple[str, int] = ("127.0.0.1", 8081)
    admin_url: str = "http://127.0.0.1:8081"
    workers: int = 1
    """Processes for the data path, 1 to 64; ``auto`` in the file becomes the number of cores."""
    gateway_tls: tuple[Path, Path] | None = None
    """Certificate chain and key, PEM files."""
    admin_tls: tuple[Path, Path] | None = None


@dataclass(frozen=True, slots=True)
class VendorSettings:
    """One configured vendor."""

    name: str
    catalog: VendorCatalog
    origin: Origin
    credential: str | None
    """Name of the credential; None for a vendor that needs none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration of one policy version."""

    listen: ListenSettings
    issuers: tuple[IssuerSpec, ...]
    local_issuer: bool
    credentials: tuple[CredentialSpec, ...]
    vendors: tuple[VendorSettings, ...]
    rules: tuple[RuleSpec, ...]
    access: tuple[tuple[str, tuple[str, ...]], ...] = ()
    mask_record: MaskSpec = field(default_factory=lambda: MaskSpec(detect=ALL_DETECTORS))
    mask_response: MaskSpec = field(default_factory=MaskSpec)
    limits: Limits = field(default_factory=Limits)
    store: str = "sqlite"
    version: str = ""
    """First 12 hex digits of the SHA-256 of the file's bytes: the policy version."""

"""The data directory: where the store and the installation's keys live, mode 0700, key files 0600."""

import base64
import binascii
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


class KeyProblem(Exception):
    """A key or the data directory cannot be used; the message says what to do."""


class Keys(NamedTuple):
    """The installation's keys. ``mask`` and ``seal`` are 32 bytes; the other two are PKCS#8 PEM."""

    mask: bytes
    """HMAC key of masked tokens."""
    seal: bytes
    """AES-256-GCM key of credentials at rest."""
    chain: bytes
    """Ed25519 key that signs checkpoints of the record."""
    local_issuer: bytes
    """EC P-256 key of the built-in token issuer."""

    def __repr__(self) -> str:
        return "Keys(***)"


def data_directory(option: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data directory: ``--data``, else ``VENDORGATE_DATA``, else ``./vendorgate-data``."""
    return Path(option or environ.get("VENDORGATE_DATA") or "vendorgate-data")


def store_path(data: Path) -> Path:
    """Return the SQLite store's path."""
    return data / "vendorgate.db"


def load_or_create_keys(data: Path, environ: Mapping[str, str] = os.environ) -> Keys:
    """Load the keys below ``data``, making the directory and whichever key is missing.

    ``VENDORGATE_SEAL_KEY`` (base64 of 32 bytes) replaces the seal key's file. Raises ``KeyProblem``
    when a key file is readable by others, has the wrong length, or the directory cannot be made.
    """
    folder = data / "keys"
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.chmod(0o700)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise KeyProblem(f"{data}: cannot be used as data directory: {error.strerror}") from error
    seal = environ.get("VENDORGATE_SEAL_KEY")
    return Keys(
        mask=_load_or_create(folder / "mask.key", lambda: os.urandom(32), 32),
        seal=_from_environment(seal) if seal else _load_or_create(folder / "seal.key", lambda: os.urandom(32), 32),
        chain=_load_or_create(folder / "chain.pem", lambda: _pem(ed25519.Ed25519PrivateKey.generate()), None),
        local_issuer=_load_or_create(
            folder / "local-issuer.pem", lambda: _pem(ec.generate_private_key(ec.SECP256R1())), None
        ),
    )


def _from_environment(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise KeyProblem("VENDORGATE_SEAL_KEY is not base64: use the output of `openssl rand -base64 32`") from error
    if len(key) != 32:
        raise KeyProblem("VENDORGATE_SEAL_KEY must hold 32 bytes: use the output of `openssl rand -base64 32`")
    return key


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load_or_create(path: Path, make: Callable[[], bytes], length: int | None) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load(path, length)
    except OSError as error:
        raise KeyProblem(f"{path}: cannot be written: {error.strerror}") from error
    value = make()
    with os.fdopen(descriptor, "wb") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    return value


def _load(path: Path, length: int | None) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise KeyProblem(f"{path}: others can read this key; run: chmod 600 {path}")
        value = path.read_bytes()
    except OSError as error:
        raise KeyProblem(f"{path}: cannot be read: {error.strerror}") from error
    if not value or (length is not None and len(value) != length):
        raise KeyProblem(f"{path}: is damaged; restore it from a backup (what it sealed cannot be read without it)")
    return value

"""The newest checkpoint of every chain, kept in a file of its own beside the store.

Whoever puts an older copy of the store in place puts older checkpoints in place with it: only something outside can
tell. Copy these files to another machine to be safe from somebody who can write the whole data directory.
"""

import os
from pathlib import Path

import orjson

from vendorgate.audit.log import Checkpoint
from vendorgate.telemetry import logger

_FOLDER = "checkpoints"


def write(data: Path, chain: str, checkpoint: Checkpoint) -> None:
    """Replace a chain's file. A failure is logged and does no harm: the store has the checkpoint."""
    body = orjson.dumps(
        {
            "chain": chain,
            "seq": checkpoint.seq,
            "hash": checkpoint.hash.hex(),
            "signed_at": checkpoint.signed_at,
            "signature": checkpoint.signature.hex(),
        }
    )
    path = data / _FOLDER / f"{chain}.json"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_bytes(body + b"\n")
        os.replace(temporary, path)
    except OSError as error:
        logger.warning("a checkpoint could not be left beside the store", chain=chain, error=error.strerror)


def names(data: Path) -> list[str]:
    """Return the chains that have a file."""
    return sorted(path.stem for path in (data / _FOLDER).glob("*.json"))


def read(data: Path, chain: str) -> Checkpoint | None:
    """Return a chain's checkpoint; None without a file. A damaged file is a checkpoint that no signature fits."""
    try:
        body = (data / _FOLDER / f"{chain}.json").read_bytes()
    except FileNotFoundError:
        return None
    try:
        value = orjson.loads(body)
        return Checkpoint(
            int(value["seq"]),
            bytes.fromhex(value["hash"]),
            float(value["signed_at"]),
            bytes.fromhex(value["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return Checkpoint(0, b"", 0.0, b"")

"""The hash chain: what links one batch to the next, and what a checkpoint signs. Pure."""

from hashlib import sha256


def genesis(chain: str) -> bytes:
    """Return the hash before a chain's first batch. It names the chain, so batches cannot move between chains."""
    return sha256(b"vendorgate record 1\n" + chain.encode()).digest()


def link(previous: bytes, body: bytes) -> bytes:
    """Return the hash of a batch: SHA-256 over the previous batch's hash (32 bytes) and the body as stored."""
    return sha256(previous + body).digest()


def checkpoint_message(chain: str, seq: int, head_hash: bytes, signed_at: float) -> bytes:
    """Return what a checkpoint's signature covers."""
    return f"vendorgate checkpoint 1\n{chain}\n{seq}\n{head_hash.hex()}\n{signed_at:.3f}\n".encode()

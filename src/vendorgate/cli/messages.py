"""What the supervisor tells its children through their standard input: pickles behind a 4-byte length."""

import pickle
import struct
from pathlib import Path
from typing import NamedTuple

from vendorgate.config.settings import Settings


class Start(NamedTuple):
    """The first message: what to serve, where the data lives, which worker this is."""

    settings: Settings
    data: Path
    number: int


def pack(message: object) -> bytes:
    """Return a message as the worker reads it."""
    body = pickle.dumps(message, protocol=5)
    return struct.pack(">I", len(body)) + body

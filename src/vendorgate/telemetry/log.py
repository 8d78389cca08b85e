"""One JSON line a log entry on stderr, built from named fields only.

There is no free-text channel: a message is a constant, values are named, so nothing of a request slips in by
string formatting.
"""

import os
import sys
import time
from types import TracebackType

import orjson


class Logger:
    """Writes log lines. Fields are strings and numbers that the caller of the method vouches for."""

    def info(self, message: str, **fields: str | int | float | None) -> None:
        """Something an operator may want to know."""
        self._write("info", message, fields)

    def warning(self, message: str, **fields: str | int | float | None) -> None:
        """Something that may need a look."""
        self._write("warning", message, fields)

    def error(self, message: str, **fields: str | int | float | None) -> None:
        """Something that needs a look."""
        self._write("error", message, fields)

    @staticmethod
    def place(error: BaseException) -> str:
        """Return ``file:line`` of where ``error`` was raised: its text may hold values, its place does not."""
        traceback: TracebackType | None = error.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        if traceback is None:
            return "unknown"
        return f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}"

    def _write(self, level: str, message: str, fields: dict[str, str | int | float | None]) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = orjson.dumps({"time": stamp, "level": level, "message": message, **fields})
        sys.stderr.write(line.decode() + "\n")
        sys.stderr.flush()

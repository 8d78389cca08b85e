"""``{from: file, path: …}``: a file that something else keeps fresh, such as a mounted secret."""

import os
import stat

from vendorgate.credentials.errors import CredentialProblem, CredentialRefused
from vendorgate.credentials.sources.reading import Reading, Surroundings
from vendorgate.credentials.spec import CredentialSpec
from vendorgate.credentials.value import LIMIT_BYTES, strip_newline
from vendorgate.model import Secret


class FileSource:
    """One file, read again when its modification time, size or inode changes. Symbolic links are followed."""

    def __init__(self, name: str, path: str) -> None:
        self._name = name
        self._path = path

    def read(self, last: Reading | None) -> Reading:
        """Return the file's content without its last line end."""
        try:
            if last is not None and last.stamp == _stamp(os.stat(self._path)):
                return last
            # Without O_NONBLOCK, opening a named pipe would stop the whole worker.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise self._refused("is not a regular file")
                # A few bytes more than allowed, so that what is too long is seen to be too long.
                value = file.read(LIMIT_BYTES + 3)
        except OSError as error:
            raise self._refused(f"cannot be read ({error.strerror})") from error
        return Reading(Secret(strip_newline(value)), int(status.st_mtime), _stamp(status))

    def _refused(self, what: str) -> CredentialRefused:
        # The path is left out: it goes to the caller, who has no business with the gateway's file system.
        return CredentialRefused(
            "credential_unavailable",
            f"The file of the credential {self._name!r} {what}. "
            f"Check the path that vendorgate.yaml gives under credentials: {self._name}.",
        )


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev


def open_file(spec: CredentialSpec, surroundings: Surroundings) -> FileSource:
    """Make the source; it needs the path."""
    if not spec.location:
        raise CredentialProblem(f"the credential {spec.name!r} is from a file: say its path")
    return FileSource(spec.name, spec.location)

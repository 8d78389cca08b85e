"""What a recorder shares with the records it opens."""

from collections.abc import Callable

from vendorgate.audit.commit import GroupCommit
from vendorgate.audit.events import Facts
from vendorgate.audit.masker import RecordMasker

ORPHANS = 1000


class RecorderState:
    """The parts of a recorder that its records use."""

    __slots__ = ("_orphans", "capture", "clock", "commit", "facts")

    def __init__(self, commit: GroupCommit, *, masker: RecordMasker, clock: Callable[[], float], capture: int) -> None:
        self.commit = commit
        self.facts = Facts(masker)
        self.clock = clock
        self.capture = capture
        self._orphans: list[bytes] = []
        commit.on_recovered = self._retry

    def orphan(self, body: bytes) -> None:
        """Keep an outcome that could not be written until the log works again.

        At most 1,000: the calls of the rest become ``outcome_unknown`` at the next start, like all of them would.
        """
        if len(self._orphans) < ORPHANS:
            self._orphans.append(body)

    def _retry(self) -> None:
        orphans, self._orphans = self._orphans, []
        for body in orphans:
            self.commit.append(body)

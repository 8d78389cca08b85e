"""Takes the credential out of what the vendor answers, whole or across the borders of chunks."""

MARK = b"[credential]"


def redact(data: bytes, needles: tuple[bytes, ...]) -> bytes:
    """Return ``data`` with each needle replaced by ``[credential]``; the same object when there is none in it."""
    for needle in needles:
        if needle and needle in data:
            return _replace(data, needles, final=True)[0]
    return data


class StreamRedactor:
    """Redacts a body that arrives in pieces; the result is that of ``redact`` over the whole.

    Only a suffix that is the beginning of a needle is held back, so an event that ends otherwise leaves at once. What
    is held is shorter than the longest needle.
    """

    def __init__(self, needles: tuple[bytes, ...]) -> None:
        self._needles = tuple(needle for needle in needles if needle)
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return what may leave now."""
        if not self._needles:
            return chunk
        out, self._held = _replace(self._held + chunk if self._held else chunk, self._needles, final=False)
        return out

    def flush(self) -> bytes:
        """Return what was held back, at the end of the body."""
        out, self._held = _replace(self._held, self._needles, final=True)
        return out


def _replace(data: bytes, needles: tuple[bytes, ...], *, final: bool) -> tuple[bytes, bytes]:
    """Replace from the left, the longest first where several begin; return what is decided and what is not yet."""
    held_from = len(data) if final else _first_open(data, 0, needles)
    pieces: list[bytes] = []
    place = 0
    nexts = {needle: data.find(needle) for needle in needles if needle}
    while True:
        start, size = len(data), 0
        for needle, known in nexts.items():
            if known >= 0 and known < place:
                nexts[needle] = known = data.find(needle, place)
            if known >= 0 and (known < start or (known == start and len(needle) > size)):
                start, size = known, len(needle)
        if not size or start >= held_from:
            break
        pieces += (data[place:start], MARK)
        place = start + size
        if held_from < place:
            # The open suffix began inside what was just replaced; look for one behind it.
            held_from = _first_open(data, place, needles)
    pieces.append(data[place:held_from])
    return b"".join(pieces), data[held_from:]


def _first_open(data: bytes, place: int, needles: tuple[bytes, ...]) -> int:
    """Return where the longest suffix of ``data[place:]`` begins that is a proper beginning of a needle."""
    first = len(data)
    for needle in needles:
        start = max(place, len(data) - len(needle) + 1)
        while start < first:
            start = data.find(needle[:1], start, first)
            if start < 0:
                break
            if needle.startswith(data[start:]):
                first = start
                break
            start += 1
    return first

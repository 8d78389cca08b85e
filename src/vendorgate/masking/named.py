"""Fields inside a text: ``password=…`` in a query string, ``"ssn": "…"`` in JSON that does not parse, a header line."""

from collections.abc import Iterator

from vendorgate.masking.pattern import compile_bytes, matches

_FIND = compile_bytes(
    rb"([0-9A-Za-z_.\-\[\]]{0,64}(?i:passw|passphrase|passcode|pwd|secret|token|key|authorization|credential"
    rb"|cvc|cvv|csc|phone|mobile|tel|fax|cell|msisdn|whatsapp|ssn|social.?security|connection.?string)"
    rb"[0-9A-Za-z_.\-\[\]]{0,64})(?:\\{0,3}[\"'])?[ \t]{0,4}(?:=>|=|:)[ \t]{0,4}"
    rb"(?:(?:(?i:bearer|basic|token|digest)[ +]{1,4})?([^\s&,;\"'<>\\(){}\[\]]+)"
    rb"|\\{0,3}\"([^\"\\]*)|\\{0,3}'([^'\\]*))",
    captures=True,
)


def named_values(text: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield ``(name, start, end)`` of values written next to a name that could mean something."""
    for match in matches(_FIND, text):
        for group in (2, 3, 4):
            start, end = match.span(group)
            if start >= 0 and end > start:
                yield match.group(1).decode("latin-1"), start, end

"""Content codings of answers. Identity is asked for; a vendor that compresses all the same is decoded, so that what
is redacted and recorded is what the caller reads."""

import zlib

from vendorgate.upstream.errors import UpstreamRefused, bad_response

# An answer may not grow beyond this when decoded in one piece; streams are bounded by back-pressure instead.
DECODED_LIMIT_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 256 * 1024


class Decoder:
    """Decodes gzip or deflate piece by piece."""

    def __init__(self, vendor: str, coding: bytes) -> None:
        self._vendor = vendor
        wbits = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}.get(coding)
        if wbits is None:
            raise bad_response(vendor, "it is compressed in a way that was not asked for")
        self._inflate = zlib.decompressobj(wbits)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the decoded pieces of ``data``, each at most 256 KiB."""
        pieces = []
        try:
            while data:
                pieces.append(self._inflate.decompress(data, _PIECE_BYTES))
                data = self._inflate.unconsumed_tail
                if self._inflate.unused_data:
                    raise bad_response(self._vendor, "bytes follow the compressed body")
                if len(pieces) * _PIECE_BYTES > DECODED_LIMIT_BYTES:
                    raise bad_response(self._vendor, "its compressed body is a bomb")
        except zlib.error as error:
            raise bad_response(self._vendor, "its compressed body is damaged") from error
        return pieces

    def finish(self) -> None:
        """Check that the compressed body was complete."""
        if not self._inflate.eof:
            raise bad_response(self._vendor, "its compressed body is cut short")


def decode_whole(vendor: str, coding: bytes, body: bytes) -> bytes:
    """Decode a whole body. Raises ``UpstreamRefused``."""
    decoder = Decoder(vendor, coding)
    decoded = b"".join(decoder.feed(body))
    decoder.finish()
    return decoded


__all__ = ["Decoder", "UpstreamRefused", "decode_whole"]

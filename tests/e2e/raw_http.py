"""A client that sends any bytes over a plain socket and reads what comes back as HTTP/1.1, as strictly as it can."""

import json
import socket
from collections.abc import Iterable
from typing import Any, NamedTuple

from vendorgate.testing.running_gateway import RunningGateway

WAIT_S = 15.0


class RawAnswer(NamedTuple):
    """One answer from the wire."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def call_id(self) -> str:
        """The call's id; empty when the answer names none."""
        return self.headers.get("vendorgate-call-id", "")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Conversation(NamedTuple):
    """What came back on one connection."""

    answers: list[RawAnswer]
    closed: bool
    """Whether the gateway closed it."""

    @property
    def only(self) -> RawAnswer:
        """The one answer there is."""
        assert len(self.answers) == 1, self.answers
        return self.answers[0]


def talk(
    gateway: RunningGateway, data: bytes | Iterable[bytes], *, expect: int = 1, until_close: bool = False
) -> Conversation:
    """Send bytes (pieces one packet each) and read until the gateway closes, or ``expect`` answers are complete.

    Answers that say ``Connection: close``, and ``until_close``, are read to the end of the connection.
    """
    with socket.create_connection(("127.0.0.1", gateway.gateway_port), timeout=WAIT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in (data,) if isinstance(data, bytes) else data:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before everything was sent: the answer is there to be read
        received = b""
        while True:
            answers, rest = _split(received)
            final = [answer for answer in answers if answer.status >= 200]
            asked_to_close = until_close or any(a.headers.get("connection") == "close" for a in final)
            if len(final) >= expect and not asked_to_close:
                assert rest == b""
                return Conversation(answers, False)
            piece = connection.recv(65536)
            if not piece:
                assert rest == b"", f"bytes that are no answer: {rest[:200]!r}"
                return Conversation(answers, True)
            received += piece


def _split(received: bytes) -> tuple[list[RawAnswer], bytes]:
    answers: list[RawAnswer] = []
    while (end := received.find(b"\r\n\r\n")) >= 0:
        lines = received[:end].decode("latin-1").split("\r\n")
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1"
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        assert "transfer-encoding" not in headers, "these tests ask for whole answers only"
        length = int(headers.get("content-length", "0"))
        if len(received) < end + 4 + length:
            break
        answers.append(RawAnswer(int(status), headers, received[end + 4 : end + 4 + length]))
        received = received[end + 4 + length :]
    return answers, received


def request(
    method: str = "POST",
    target: str | bytes = "/stripe/v1/transfers",
    *fields: str | bytes,
    token: str | None = None,
    body: bytes | None = None,
) -> bytes:
    """Return a request with Host, the token, ``fields`` as they stand and the body's length."""
    raw = target.encode() if isinstance(target, str) else target
    lines = [method.encode() + b" " + raw + b" HTTP/1.1", b"Host: gate"]
    if token is not None:
        lines.append(b"Authorization: Bearer " + token.encode())
    lines += [field.encode("latin-1") if isinstance(field, str) else field for field in fields]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")

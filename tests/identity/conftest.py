"""Issuers with real keys, and requests that carry their tokens."""

from collections.abc import Callable

import pytest

from vendorgate.identity import FetchFailed
from vendorgate.model import ClientRequest
from vendorgate.testing.fake_issuer import FakeIssuer

Field = tuple[bytes, bytes]
MakeRequest = Callable[..., ClientRequest]


class FakeFetch:
    """Answers from a table of URL → bytes, or a reason to fail; keeps what was asked for."""

    def __init__(self, **_: object) -> None:
        self.answers: dict[str, bytes | str] = {}
        self.asked: list[str] = []

    async def __call__(self, url: str, *, allow_private: bool) -> bytes:
        self.asked.append(url)
        answer = self.answers.get(url, "nothing is there")
        if isinstance(answer, str):
            raise FetchFailed(answer)
        return answer

    async def aclose(self) -> None:
        """Nothing is held."""


class Clock:
    """A clock that moves when told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def _request(*fields: Field, vendor: str = "stripe", query: str = "", mode: str = "base_url") -> ClientRequest:
    headers = ((b"host", b"gate:8080"), (b"accept", b"*/*"), *fields)
    return ClientRequest("id", 0.0, "POST", vendor, "/v1/transfers", query, "gate", headers, b"", "127.0.0.1", mode)


def _bearer(token: str, **options: str) -> ClientRequest:
    return _request((b"authorization", b"Bearer " + token.encode()), **options)


@pytest.fixture(name="request_with")
def request_with_fixture() -> MakeRequest:
    return _request


@pytest.fixture(name="bearer")
def bearer_fixture() -> MakeRequest:
    return _bearer


@pytest.fixture(name="fetch")
def fetch_fixture() -> FakeFetch:
    return FakeFetch()


@pytest.fixture(name="clock")
def clock_fixture() -> Clock:
    import time

    return Clock(time.time())


@pytest.fixture(scope="session", name="issuer_keys")
def issuer_keys_fixture() -> FakeIssuer:
    """One RSA key for the whole run: making one takes 100 ms."""
    return FakeIssuer()


@pytest.fixture(name="issuer")
def issuer_fixture(issuer_keys: FakeIssuer) -> FakeIssuer:
    return issuer_keys

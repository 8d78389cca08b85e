"""Requests as real SDKs write them, matched by the built-in catalogue of their vendor."""

from collections.abc import Callable
from urllib.parse import urlsplit

from vendorgate.catalog.load import load_builtin
from vendorgate.catalog.match import Matcher, VendorEntry
from vendorgate.model import Call
from vendorgate.testing.builders import build_caller, build_request
from vendorgate.testing.fake_vendor import FakeRequest, FakeVendor
from vendorgate.wire.target import parse_target


class Wire:
    """One vendor's catalogue behind a server that an SDK is pointed at."""

    def __init__(self, vendor: str, server: FakeVendor) -> None:
        self.vendor = vendor
        self.server = server
        self.catalog = load_builtin(vendor)
        base = urlsplit(self.catalog.base_url)
        self.matcher = Matcher([VendorEntry(vendor, self.catalog, base.netloc, base.path)], json_depth=64)

    @property
    def url(self) -> str:
        """What the SDK gets as its base URL; its path is a vendor's, as at the gateway."""
        return f"{self.server.url}/{self.vendor}"

    def match(self, send: Callable[[], object]) -> Call:
        """Let an SDK send one request, and return the call it is understood as."""
        before = len(self.server.requests)
        send()
        requests = self.server.requests[before:]
        assert len(requests) == 1, [(request.method, request.target) for request in requests]
        return self.match_request(requests[0])

    def match_request(self, request: FakeRequest) -> Call:
        """Return the call a captured request is understood as."""
        target = parse_target(request.target.encode())
        headers = tuple((name.encode(), value.encode()) for name, value in request.headers.items())
        return self.matcher.match(
            build_request(
                request.method,
                target.path,
                vendor=target.vendor,
                query=target.query,
                headers=headers,
                body=request.body,
            ),
            build_caller(),
        )

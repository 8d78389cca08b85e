"""The control plane's routes by role, with fakes for store and identity."""

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from vendorgate.admin.app import build_app, render_metrics
from vendorgate.model import Caller, Refusal
from vendorgate.testing.builders import build_caller

CALL = {"id": "1" * 32, "vendor": "stripe", "events": []}


class FakeReader:
    writable = True

    def find(
        self, filters: dict[str, str], *, limit: int, cursor: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        if "color" in filters:
            raise ValueError("There is no filter called color.")
        return [{**CALL, "filters": filters}], cursor

    def get(self, call_id: str) -> dict[str, Any] | None:
        return CALL if call_id == CALL["id"] else None

    def counts(self) -> Sequence[tuple[str, str, str, int]]:
        return [("stripe", "allow", "closed", 3), ('a"b\nc', "deny", "refused", 1)]

    def is_writable(self) -> bool:
        return self.writable


PEOPLE = {
    "admin": build_caller("ann", "platform", kind="human"),
    "auditor": build_caller("aud", "security", kind="human"),
    "stranger": build_caller("sam", kind="human"),
    "workload": build_caller("job", "platform", "security", kind="workload"),
    "agent": build_caller("bot", "security", kind="agent"),
}
ACCESS = {"admin": ("group:platform",), "auditor": ("group:security", "principal:eve")}


@pytest.fixture
def app() -> FastAPI:
    async def verify(token: str) -> Caller:
        if token not in PEOPLE:
            raise Refusal("unauthenticated", "Send a token.")
        return PEOPLE[token]

    return build_app(reader=FakeReader(), verify=verify, access=ACCESS, clock=lambda: 0.0)


ROUTES = [("GET", "/api/v1/calls"), ("GET", f"/api/v1/calls/{CALL['id']}"), ("POST", "/api/v1/calls/search")]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_people_with_a_role_read_the_record(app: FastAPI, method: str, path: str) -> None:
    client = TestClient(app)
    for name, expected in (("admin", 200), ("auditor", 200), ("stranger", 403), ("workload", 403), ("agent", 403), ("x", 401), (None, 401)):  # fmt: skip
        headers = {"Authorization": f"Bearer {name}"} if name else {}
        answer = client.request(method, path, headers=headers, json={} if method == "POST" else None)
        assert answer.status_code == expected, name
        if expected != 200:
            assert answer.headers["content-type"] == "application/problem+json"


def test_values_are_searched_by_post_and_never_in_a_url(app: FastAPI) -> None:
    client = TestClient(app, headers={"Authorization": "Bearer admin"})
    assert client.get("/api/v1/calls?touching=4242").status_code == 400
    assert client.post("/api/v1/calls/search", json={"touching": "4242"}).json()["items"][0]["filters"] == {
        "touching": "4242"
    }
    assert client.get("/api/v1/calls?color=red").status_code == 400
    assert client.get("/api/v1/calls/" + "2" * 32).status_code == 404


def test_health_and_metrics_need_no_token(app: FastAPI) -> None:
    client = TestClient(app)
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    FakeReader.writable = False
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        FakeReader.writable = True
    assert 'vendorgate_calls_total{vendor="stripe",effect="allow",state="closed"} 3' in client.get("/metrics").text


def test_labels_are_escaped() -> None:
    assert r'vendor="a\"b\nc"' in render_metrics([('a"b\nc', "deny", "refused", 1)])

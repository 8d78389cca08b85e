"""The control plane's HTTP application: health, metrics and the record, read-only."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from fastapi import Body, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from vendorgate.admin.roles import may_read_calls
from vendorgate.model import Caller, Refusal, new_call_id
from vendorgate.wire.problem import render_problem

PAGE_LIMIT = 200


class CallReader(Protocol):
    """What the control plane needs of the store."""

    def find(
        self, filters: dict[str, str], *, limit: int, cursor: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return a page of calls, newest first, and the next page's cursor. Raises ``ValueError`` on a bad filter."""

    def get(self, call_id: str) -> dict[str, Any] | None:
        """Return one call with its events, or None."""

    def counts(self) -> Sequence[tuple[str, str, str, int]]:
        """Return (vendor, effect, state, number) of all recorded calls."""

    def is_writable(self) -> bool:
        """Whether the store takes writes now."""


Verify = Callable[[str], Awaitable[Caller]]
"""Verifies a bearer token; raises ``Refusal``."""


def build_app(
    *, reader: CallReader, verify: Verify, access: dict[str, tuple[str, ...]], clock: Callable[[], float]
) -> FastAPI:
    """Return the application. Every route but health and metrics needs a person with a role that may read calls."""
    app = FastAPI(title="vendorgate", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)

    async def person(request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal("unauthenticated", "Send `Authorization: Bearer` with a person's token.")
        caller = await verify(token.strip())
        if not may_read_calls(caller, access):
            raise Refusal("denied", "Only people with the role admin or auditor read the record (see `access`).")
        return caller

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        answer = render_problem(refusal, call_id=new_call_id(clock()))
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Response(answer.body, status_code=answer.status, headers=headers)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        writable = reader.is_writable()
        return JSONResponse(
            {"status": "ok" if writable else "record_unavailable"}, status_code=200 if writable else 503
        )

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(render_metrics(reader.counts()), media_type="text/plain; version=0.0.4")

    @app.get("/api/v1/calls")
    async def calls(request: Request, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
        await person(request)
        filters = {key: value for key, value in request.query_params.items() if key not in ("limit", "cursor")}
        if "touching" in filters:
            raise Refusal("bad_request", "Values are searched with POST /api/v1/calls/search, never in a URL.")
        return _page(reader, filters, limit, cursor)

    @app.post("/api/v1/calls/search")
    async def search(request: Request, body: dict[str, Any] = Body(...)) -> dict[str, Any]:  # noqa: B008 - FastAPI's way
        await person(request)
        filters = {key: str(value) for key, value in body.items() if key not in ("limit", "cursor")}
        limit = body.get("limit", 50)
        cursor = body.get("cursor")
        if not isinstance(limit, int) or not (cursor is None or isinstance(cursor, str)):
            raise Refusal("bad_request", "`limit` is a number and `cursor` what the last page gave.")
        return _page(reader, filters, limit, cursor)

    @app.get("/api/v1/calls/{call_id}")
    async def call(request: Request, call_id: str) -> JSONResponse:
        await person(request)
        found = reader.get(call_id)
        if found is None:
            raise Refusal("bad_request", "There is no call with this id.", status=404)
        return JSONResponse(found)

    return app


def _page(reader: CallReader, filters: dict[str, str], limit: int, cursor: str | None) -> dict[str, Any]:
    try:
        items, following = reader.find(filters, limit=max(1, min(limit, PAGE_LIMIT)), cursor=cursor)
    except ValueError as error:
        raise Refusal("bad_request", str(error)) from error
    return {"items": items, "next": following}


def render_metrics(counts: Sequence[tuple[str, str, str, int]]) -> str:
    """Return the calls in the record as Prometheus text (exposition format 0.0.4)."""
    lines = ["# HELP vendorgate_calls_total Calls in the record.", "# TYPE vendorgate_calls_total counter"]
    for vendor, effect, state, number in counts:
        labels = ",".join(
            f'{key}="{_escape(value)}"' for key, value in (("vendor", vendor), ("effect", effect), ("state", state))
        )
        lines.append(f"vendorgate_calls_total{{{labels}}} {number}")
    return "\n".join(lines) + "\n"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

"""The real fetcher against a real server on loopback: bytes, time, redirects, addresses."""

import asyncio
import datetime
import ssl
from contextlib import asynccontextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vendorgate.identity import FetchFailed, HttpFetch, Identity, IssuerSpec
from vendorgate.testing.fake_issuer import FakeIssuer


@asynccontextmanager
async def server(answer: bytes, *, then_wait_s: float = 0.0, drip: bool = False, tls: ssl.SSLContext | None = None):
    """Serve ``answer`` as raw bytes; yields the URL and the list of requests read."""
    seen: list[bytes] = []

    async def serve(reader, writer):
        try:
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            for piece in [answer[i : i + 1] for i in range(len(answer))] if drip else [answer]:
                writer.write(piece)
                await writer.drain()
                if drip:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(then_wait_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with running:
        yield f"http{'s' if tls else ''}://127.0.0.1:{running.sockets[0].getsockname()[1]}/keys", seen


def ok(body: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *fields, b"", b"")) + body


@pytest.fixture(name="http")
async def http_fixture():
    fetch = HttpFetch()
    yield fetch
    await fetch.aclose()


async def test_control(http):
    async with server(ok(b'{"keys":[]}')) as (url, seen):
        assert await http(url, allow_private=True) == b'{"keys":[]}'
    assert b"accept-encoding: identity" in seen[0].lower()


async def test_just_at_the_limit(http):
    async with server(ok(b" " * 65536)) as (url, _):
        assert len(await http(url, allow_private=True)) == 65536


@pytest.mark.parametrize(
    ("answer", "options", "words"),
    [
        (ok(b" " * 65537), {}, "over 65536"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 200_000, {}, "over 65536"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + b" " * 0x20000 + b"\r\n0\r\n\r\n", {}, "over 65536"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", {"then_wait_s": 5}, "0.3 seconds"),
        (ok(b" " * 500), {"drip": True}, "0.3 seconds"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", {}, "302"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}", {}, "404"),
        (ok(b"\x1f\x8b\x08", b"Content-Encoding: gzip"), {}, "compressed"),
        (b"SSH-2.0-OpenSSH\r\n", {}, "connection failed"),
        (b"", {}, "connection failed"),
    ],
)  # fmt: skip
async def test_hostile_answers(http, answer, options, words):
    fetch = HttpFetch(total_s=0.3) if options else http
    async with server(answer, **options) as (url, _):
        with pytest.raises(FetchFailed, match=words):
            await fetch(url, allow_private=True)
    await fetch.aclose()


@pytest.mark.parametrize(
    ("url", "allow_private", "words"),
    [
        ("http://127.0.0.1:9/keys", False, "not https"),
        ("https://127.0.0.1:9/keys", False, "not public"),
        ("https://localhost:9/keys", False, "not public"),
        ("https://10.0.0.1/keys", False, "not public"),
        ("https://192.168.1.1/keys", False, "not public"),
        ("https://100.64.0.1/keys", False, "not public"),
        ("https://[::1]/keys", False, "not public"),
        ("https://[::ffff:127.0.0.1]/keys", False, "not public"),
        ("https://[64:ff9b::7f00:1]/keys", False, "not public"),
        ("https://[fc00::1]/keys", False, "not public"),
        ("https://2130706433/keys", False, "not public|resolve"),
        ("https://169.254.169.254/keys", False, "link-local"),
        ("http://169.254.169.254/latest", True, "link-local"),
        ("http://[::ffff:169.254.169.254]/latest", True, "link-local"),
        ("http://100.100.100.200/latest", True, "metadata"),
        ("http://0.0.0.0/", True, "nobody"),
        ("ftp://127.0.0.1/keys", True, "not https"),
        ("file:///etc/passwd", True, "not https"),
        ("https://user:pw@127.0.0.1/keys", True, "a user"),
        ("https:///keys", True, "no host"),
        ("http://127.0.0.1:1/keys", True, "connection failed"),
    ],
)
async def test_addresses(http, url, allow_private, words):
    with pytest.raises(FetchFailed, match=words):
        await http(url, allow_private=allow_private)


async def test_a_name_with_one_private_address_among_public_ones_is_refused(http, monkeypatch):
    async def resolve(host, port, **_):
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(FetchFailed, match="not public"):
        await http("https://issuer.test/keys", allow_private=False)


async def test_the_checked_address_is_dialled_under_the_name(http, monkeypatch):
    async with server(ok(b"{}")) as (url, seen):
        real = asyncio.get_running_loop().getaddrinfo
        asked = []

        async def resolve(host, port, **options):
            asked.append(host)
            return await real("127.0.0.1", port, **options)

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        assert await http(url.replace("127.0.0.1", "issuer.test"), allow_private=True) == b"{}"
    assert asked.count("issuer.test") == 1
    assert b"host: issuer.test:" in seen[0].lower()


async def test_discovery_over_the_wire(bearer):
    issuer = FakeIssuer(issuer=None, alg="ES256")
    with issuer.serve() as url:
        spec = IssuerSpec("ci", url, "vendorgate", algorithms=("ES256",), allow_private=True)
        identity = Identity(issuers=[spec], local=None, slots={"stripe": "bearer"})
        assert (await identity.identify(bearer(issuer.mint(sub="a")))).id == "a"
        await identity.aclose()
    assert issuer.fetched == ["/.well-known/openid-configuration", "/jwks"]


def certificate(folder, name: str) -> tuple[str, ssl.SSLContext]:
    """Make a self-signed certificate for ``name``; return its path and a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return str(path), context


@pytest.mark.parametrize(
    ("certified", "trusted", "works"),
    [("issuer.test", True, True), ("issuer.test", False, False), ("other.test", True, False)],
)
async def test_tls_verifies_the_name_not_the_address(http, monkeypatch, tmp_path, certified, trusted, works):
    path, context = certificate(tmp_path, certified)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", path)
    async with server(ok(b"{}"), tls=context) as (url, _):
        real = asyncio.get_running_loop().getaddrinfo

        async def resolve(host, port, **options):
            return await real("127.0.0.1", port, **options)

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        address = url.replace("127.0.0.1", "issuer.test")
        if works:
            assert await http(address, allow_private=True) == b"{}"
        else:
            with pytest.raises(FetchFailed, match="connection failed"):
                await http(address, allow_private=True)

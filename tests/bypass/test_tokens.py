"""A28 and A29: every way known to get past the token check, one row each, never removed.

The control comes first: the very issuer and configuration that refuse all of these accept a plain token.
"""

import base64
import hashlib
import hmac
import json
import time
import warnings
from collections.abc import Callable

import pytest
from joserfc.jwk import RSAKey

from vendorgate.identity import Identity, IdentityRefused, IssuerSpec, LocalIssuer
from vendorgate.model import ClientRequest
from vendorgate.testing.fake_issuer import FakeIssuer, b64url

GOOD = FakeIssuer()
EVIL = FakeIssuer(kid="key-1")
OTHER = FakeIssuer("https://other.test", "ES256", kid="other-1")
LOCAL = LocalIssuer(FakeIssuer(alg="ES256").private_pem)
SPECS = (
    IssuerSpec("good", "https://issuer.test", "vendorgate", "https://issuer.test/keys",
               subject="x:{sub}", groups=("owner:{owner}",), groups_claim="teams", require=(("ref", "main"), ("n", 1))),
    IssuerSpec("other", "https://other.test", "vendorgate", "https://other.test/keys", algorithms=("ES256",)),
)  # fmt: skip
BASE = {"owner": "acme", "teams": ["pay"], "ref": "main", "n": 1}
NOW = int(time.time())


class Fetch:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, url: str, *, allow_private: bool) -> bytes:
        self.asked.append(url)
        return {"https://issuer.test/keys": GOOD.jwks_json(), "https://other.test/keys": OTHER.jwks_json()}[url]

    async def aclose(self) -> None:
        pass


def good(headers: dict[str, object] | None = None, **claims: object) -> str:
    return GOOD.mint(headers=headers, **{**BASE, **claims})


def parts(**claims: object) -> tuple[dict[str, object], dict[str, object]]:
    return GOOD.header(), GOOD.claims(**{**BASE, **claims})


def unsigned(alg: str, signature: str = "") -> str:
    header, claims = parts()
    header["alg"] = alg
    return f"{b64url(json.dumps(header).encode())}.{b64url(json.dumps(claims).encode())}.{signature}"


def hmac_signed(secret: bytes, alg: str = "HS256") -> str:
    text = unsigned(alg).rstrip(".")
    return f"{text}.{b64url(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def raw(header: bytes | None = None, payload: bytes | None = None) -> str:
    known_header, known_claims = parts()
    return GOOD.sign(header or json.dumps(known_header).encode(), payload or json.dumps(known_claims).encode())


def with_text(insert: str) -> str:
    """A token whose payload has ``insert`` in front of its other members."""
    return raw(payload=("{" + insert + "," + json.dumps(parts()[1])[1:]).encode())


def header_with_text(insert: str) -> str:
    return raw(header=("{" + insert + "," + json.dumps(parts()[0])[1:]).encode())


def swapped_payload() -> str:
    header, _, signature = good().split(".")
    return f"{header}.{b64url(json.dumps(parts(owner='evil')[1]).encode())}.{signature}"


def swapped_header() -> str:
    header, payload, signature = good().split(".")
    changed = {**json.loads(base64.urlsafe_b64decode(header + "==")), "typ": "at+jwt"}
    return f"{b64url(json.dumps(changed).encode())}.{payload}.{signature}"


def non_canonical_base64() -> str:
    token = good()
    while token[-1] not in "AQgw":
        token = good()
    return token[:-1] + chr(ord(token[-1]) + 1)


def empty_signature() -> str:
    return good().rpartition(".")[0] + "."


def evil_jwk() -> dict[str, object]:
    return EVIL.public_jwk()


def evil_signed(**headers: object) -> str:
    return EVIL.mint(headers=headers, **BASE)


HOSTILE: list[tuple[str, Callable[[], str], str]] = [
    # The algorithm: none, key confusion, downgrade.
    ("none", lambda: unsigned("none"), "algorithm is not accepted"),
    ("None", lambda: unsigned("None"), "algorithm is not accepted"),
    ("nOnE with a signature", lambda: unsigned("nOnE", good().rpartition(".")[2]), "algorithm is not accepted"),
    ("empty alg", lambda: unsigned(""), "algorithm is not accepted"),
    ("no alg", lambda: good({"alg": None}), "algorithm is not accepted"),
    ("alg a list", lambda: good({"alg": ["RS256"]}), "algorithm is not accepted"),
    ("HS256 with the public PEM", lambda: hmac_signed(GOOD.public_pem), "algorithm is not accepted"),
    ("HS256 with the stripped PEM", lambda: hmac_signed(GOOD.public_pem.strip()), "algorithm is not accepted"),
    ("HS256 with the modulus", lambda: hmac_signed(str(GOOD.public_jwk()["n"]).encode()), "algorithm is not accepted"),
    ("HS256 with the JWK", lambda: hmac_signed(json.dumps(GOOD.public_jwk()).encode()), "algorithm is not accepted"),
    ("HS256 with an empty secret", lambda: hmac_signed(b""), "algorithm is not accepted"),
    ("RS512 said, RS256 signed", lambda: good({"alg": "RS512"}), "algorithm is not one"),
    ("PS256, not configured", lambda: good({"alg": "PS256"}), "algorithm is not one"),
    ("ES256 said for an RSA key", lambda: good({"alg": "ES256"}), "algorithm is not one"),
    ("empty signature", empty_signature, "signature is wrong"),
    ("zero signature", lambda: unsigned("RS256", b64url(b"\0" * 256)), "signature is wrong"),
    ("ECDSA r = s = 0", lambda: OTHER.mint().rpartition(".")[0] + "." + b64url(b"\0" * 64), "signature is wrong"),
    (
        "ECDSA signature in DER",
        lambda: OTHER.mint().rpartition(".")[0] + "." + b64url(bytes.fromhex("3006020101020101")),
        "signature is wrong",
    ),
    # The key: the token brings its own, or points to one.
    ("another key under the same kid", evil_signed, "signature is wrong"),
    ("jwk in the header", lambda: evil_signed(jwk=evil_jwk()), "names its own key"),
    ("jwk in a well-signed header", lambda: good({"jwk": GOOD.public_jwk()}), "names its own key"),
    ("jku", lambda: evil_signed(jku="https://evil.test/keys"), "names its own key"),
    ("jku of the issuer itself", lambda: good({"jku": "https://issuer.test/keys"}), "names its own key"),
    ("x5u", lambda: evil_signed(x5u="https://evil.test/cert"), "names its own key"),
    ("x5c", lambda: evil_signed(x5c=["MIIB"]), "names its own key"),
    ("kid of another issuer's key", lambda: good({"kid": "other-1"}), "does not publish"),
    ("kid unknown", lambda: evil_signed(kid="evil"), "does not publish"),
    ("kid a path", lambda: evil_signed(kid="../../../dev/null"), "does not publish"),
    ("kid SQL", lambda: evil_signed(kid="x' UNION SELECT 'secret"), "does not publish"),
    ("kid with NUL", lambda: evil_signed(kid="key-1\0"), "does not publish"),
    ("kid in another case", lambda: good({"kid": "KEY-1"}), "does not publish"),
    ("kid a number", lambda: good({"kid": 1}), "kid is not"),
    ("kid a list", lambda: good({"kid": ["key-1"]}), "kid is not"),
    ("kid null", lambda: raw(header=b'{"alg":"RS256","kid":null}'), "kid is not"),
    ("kid empty", lambda: good({"kid": ""}), "kid is not"),
    ("kid over 256", lambda: good({"kid": "k" * 257}), "kid is not"),
    # The header's other promises.
    ("crit", lambda: good({"crit": ["exp"]}), "names its own key"),
    ("crit unknown", lambda: good({"crit": ["urn:x"], "urn:x": 1}), "names its own key"),
    ("crit empty", lambda: good({"crit": []}), "names its own key"),
    ("b64 false", lambda: good({"b64": False}), "names its own key"),
    ("zip", lambda: good({"zip": "DEF"}), "names its own key"),
    ("typ of a logout token", lambda: good({"typ": "logout+jwt"}), "typ is"),
    ("typ of a DPoP proof", lambda: good({"typ": "dpop+jwt"}), "typ is"),
    ("typ a number", lambda: good({"typ": 1}), "typ is"),
    ("encrypted token's fields", lambda: good({"enc": "A256GCM"}), "names its own key"),
    ("duplicate alg", lambda: header_with_text('"alg":"none"'), "one meaning"),
    ("duplicate kid", lambda: header_with_text('"kid":"evil"'), "one meaning"),
    ("header an array", lambda: raw(header=b'["RS256"]'), "static vendor"),
    # Who signed for whom.
    ("issuer unknown", lambda: good(iss="https://evil.test"), "issuer is not"),
    ("issuer missing", lambda: good(iss=None), "no iss"),
    ("issuer with a slash", lambda: good(iss="https://issuer.test/"), "issuer is not"),
    ("issuer in another case", lambda: good(iss="https://ISSUER.test"), "issuer is not"),
    ("issuer a list", lambda: good(iss=["https://issuer.test"]), "no iss"),
    ("issuer with a homoglyph", lambda: good(iss="https://issuеr.test"), "issuer is not"),
    ("one issuer for the other", lambda: OTHER.mint(iss="https://issuer.test", **BASE), "algorithm is not one"),
    ("other for the one", lambda: good(iss="https://other.test"), "algorithm is not one"),
    ("the built-in issuer's name", lambda: good(iss="urn:vendorgate:local"), "algorithm is not one"),
    ("duplicate iss", lambda: with_text('"iss":"https://other.test"'), "one meaning"),
    # For whom it was meant.
    ("audience of another", lambda: good(aud="stripe"), "not meant"),
    ("audience missing", lambda: good(aud=None), "not meant"),
    ("audience empty list", lambda: good(aud=[]), "not meant"),
    ("audience a longer name", lambda: good(aud="vendorgate-dev"), "not meant"),
    ("audience an object", lambda: good(aud={"vendorgate": True}), "not meant"),
    ("audience a mixed list", lambda: good(aud=["vendorgate", 1]), "not meant"),
    ("audience in another case", lambda: good(aud="Vendorgate"), "not meant"),
    ("duplicate aud", lambda: with_text('"aud":"elsewhere"'), "one meaning"),
    ("duplicate aud, escaped", lambda: with_text('"\\u0061ud":"elsewhere"'), "one meaning"),
    # When.
    ("expired", lambda: good(exp=NOW - 3600), "has expired"),
    ("expired a second ago", lambda: good(exp=NOW - 1), "has expired"),
    ("exp missing", lambda: good(exp=None), "no exp"),
    ("exp text", lambda: good(exp=str(NOW + 600)), "is not a time"),
    ("exp true", lambda: good(exp=True), "is not a time"),
    ("exp past all calendars", lambda: good(exp=10**15), "is not a time"),
    ("exp infinite", lambda: with_text('"x":1e999'), "one meaning"),
    ("exp NaN", lambda: with_text('"x":NaN'), "one meaning"),
    ("exp negative", lambda: good(exp=-1), "is not a time"),
    ("duplicate exp", lambda: with_text('"exp":99'), "one meaning"),
    ("not before, 5 minutes ahead", lambda: good(nbf=NOW + 300), "lies in the future"),
    ("nbf text", lambda: good(nbf="0"), "is not a time"),
    ("issued 5 minutes ahead", lambda: good(iat=NOW + 300), "lies in the future"),
    # What the configuration asks for.
    ("required claim missing", lambda: good(ref=None), "lacks the claim"),
    ("required claim different", lambda: good(ref="main2"), "is not what"),
    ("required claim a list with it", lambda: good(ref=["main"]), "is not what"),
    ("required 1, true given", lambda: good(n=True), "is not what"),
    ("required 1, text given", lambda: good(n="1"), "is not what"),
    ("required 1, 1.0 given", lambda: good(n=1.0), "is not what"),
    ("template's claim missing", lambda: good(owner=None), "lacks the claim"),
    ("template's claim a list", lambda: good(owner=["acme"]), "lacks the claim"),
    ("template's claim empty", lambda: good(owner=""), "lacks the claim"),
    ("template's claim with a line feed", lambda: good(owner="acme\nadmin"), "cannot be shown"),
    ("template's claim with NUL", lambda: good(owner="acme\0"), "cannot be shown"),
    ("template's claim with a direction mark", lambda: good(owner="acme\u202e"), "cannot be shown"),
    ("subject missing", lambda: good(sub=None), "lacks the claim"),
    ("subject an object", lambda: good(sub={"x": 1}), "lacks the claim"),
    ("subject with a lone surrogate", lambda: with_text('"z":"\\ud800"'), "one meaning"),
    ("subject over the limit", lambda: good(sub="x" * 600), "cannot be shown"),
    ("groups an object", lambda: good(teams={"pay": True}), "list of group"),
    ("groups with a number", lambda: good(teams=["pay", 1]), "not a group name"),
    ("groups with an empty name", lambda: good(teams=["pay", ""]), "not a group name"),
    ("actor without a subject", lambda: good(act={"iss": "x"}), "names no actor"),
    ("actor a text", lambda: good(act="root"), "names no actor"),
    # The token's own form.
    ("payload swapped", swapped_payload, "signature is wrong"),
    ("header swapped", swapped_header, "signature is wrong"),
    ("non-canonical base64", non_canonical_base64, "one meaning"),
    ("padding", lambda: good() + "=", "static vendor"),
    ("four parts", lambda: good() + ".e30", "static vendor"),
    ("two parts", lambda: good().rpartition(".")[0], "static vendor"),
    ("white space inside", lambda: good().replace(".", ". ", 1), "static vendor"),
    ("payload an array", lambda: raw(payload=b"[]"), "one meaning"),
    ("payload not UTF-8", lambda: raw(payload=b'{"iss":"\xff"}'), "one meaning"),
    (
        "payload with a byte order mark",
        lambda: raw(payload=b"\xef\xbb\xbf" + json.dumps(parts()[1]).encode()),
        "one meaning",
    ),
    ("payload UTF-16", lambda: raw(payload=json.dumps(parts()[1]).encode("utf-16")), "one meaning"),
    ("payload nested 4,000 deep", lambda: with_text('"x":' + "[" * 4000 + "]" * 4000), "one meaning"),
    ("payload with a 5,000 digit number", lambda: with_text('"x":' + "9" * 5000), "one meaning"),
    ("two objects", lambda: raw(payload=json.dumps(parts()[1]).encode() + b"{}"), "one meaning"),
    ("nested JWT", lambda: raw(payload=good().encode()), "one meaning"),
    ("over 16 KiB", lambda: good(pad="x" * 16384), "over 16384"),
    # The built-in issuer.
    (
        "local, other key",
        lambda: LocalIssuer(FakeIssuer(alg="ES256").private_pem).mint(subject="a", groups=[], now=NOW),
        "does not publish",
    ),
    ("local, expired", lambda: LOCAL.mint(subject="a", groups=[], ttl_s=1, now=NOW - 10), "has expired"),
]


def request(token: str) -> ClientRequest:
    headers = ((b"host", b"gate"), (b"authorization", b"Bearer " + token.encode("latin-1")))
    return ClientRequest("id", NOW, "GET", "stripe", "/", "", "gate", headers, b"", "127.0.0.1")


@pytest.fixture(name="identity")
async def identity_fixture():
    identity = Identity(issuers=SPECS, local=LOCAL, slots={"stripe": "bearer"}, fetch=Fetch())
    yield identity
    await identity.aclose()


CONTROLS: list[tuple[str, Callable[[], str]]] = [
    ("plain", good),
    ("at+jwt", lambda: good({"typ": "at+jwt"})),
    ("no typ", lambda: good({"typ": None})),
    ("no kid, one key", lambda: good({"kid": None})),
    ("unknown header field", lambda: good({"x5t": "abc"})),
    ("audience in a list", lambda: good(aud=["a", "vendorgate"])),
    ("clock half a minute ahead", lambda: good(iat=NOW + 30, nbf=NOW + 30)),
    ("raw and untouched", raw),
    ("one more claim in front", lambda: with_text('"x":1.5')),
    ("one more header field in front", lambda: header_with_text('"x":1')),
    ("other issuer", OTHER.mint),
    ("local", lambda: LOCAL.mint(subject="a", groups=["b"], now=NOW)),
    ("actor", lambda: good(act={"sub": "bot"})),
]


@pytest.mark.parametrize("make", [row[1] for row in CONTROLS], ids=[row[0] for row in CONTROLS])
async def test_control(identity, make):
    assert (await identity.identify(request(make()))).id


@pytest.mark.parametrize(("make", "words"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
async def test_refused(identity, make, words):
    token = make()
    assert (await identity.identify(request(good()))).id == "x:job"
    for _ in range(2):
        assert identity.identify_cached(request(token)) is None
        with pytest.raises(IdentityRefused, match=words) as caught:
            await identity.identify(request(token))
        assert caught.value.status == 401
        assert not any(value in caught.value.detail for value in ("acme", "evil", "dev/null", token))


def test_rows_are_many_and_named_once():
    names = [row[0] for row in HOSTILE]
    assert len(names) == len(set(names)) >= 100


async def test_unknown_kids_in_a_flood_cause_one_load(identity):
    await identity.identify(request(good()))
    for number in range(50):
        with pytest.raises(IdentityRefused):
            await identity.identify(request(good({"kid": f"flood-{number}"})))
    assert identity._fetch.asked == ["https://issuer.test/keys"]
    assert (await identity.identify(request(good()))).id == "x:job"


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the library warns of what this is about
    WEAK = RSAKey.generate_key(1024)


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": b64url(b"secret-secret-secret-secret-secret")},
        {**WEAK.as_dict(private=False)},
        {**GOOD.public_jwk(), "d": "AQAB"},
        {**GOOD.public_jwk(), "use": "enc"},
        {**GOOD.public_jwk(), "key_ops": ["encrypt"]},
        {**GOOD.public_jwk(), "alg": "HS256"},
        {**GOOD.public_jwk(), "alg": "none"},
        {**GOOD.public_jwk(), "e": b64url(b"\x01")},
        {**GOOD.public_jwk(), "e": b64url(b"\xff" * 200)},
        {**GOOD.public_jwk(), "n": b64url(b"\xff" * 2000)},
        {**GOOD.public_jwk(), "n": 5},
        {**GOOD.public_jwk(), "kid": 7},
        {**GOOD.public_jwk(), "kty": ["RSA"]},
        {**OTHER.public_jwk(), "crv": "secp256k1"},
        {**OTHER.public_jwk(), "crv": "P-384"},
        {**OTHER.public_jwk(), "x": b64url(b"\x01" * 32)},
        {"kty": "OKP", "crv": "X25519", "x": b64url(b"\x01" * 32)},
        {"kty": "RSA"},
        {},
    ],
    ids=lambda jwk: "-".join(str(jwk.get(name, ""))[:12] for name in ("kty", "crv", "use", "alg", "e")),
)
def test_unusable_published_keys_are_left_out(jwk):
    from vendorgate.identity.jwks import parse_jwks

    assert len(parse_jwks(GOOD.jwks_json()).keys) == 1
    both = json.dumps({"keys": [GOOD.public_jwk(), {**jwk, "kid": jwk.get("kid", "weak")}]}).encode()
    assert [key.kid for key in parse_jwks(both).keys] == ["key-1"]

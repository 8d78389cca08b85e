"""The stage as a whole: tokens in, callers out, and what a second call of the same token costs and gets."""

import base64
import itertools

import pytest

from vendorgate.identity import Identity, IdentityRefused, IssuerSpec, LocalIssuer
from vendorgate.identity import identify as module
from vendorgate.identity.slots import find_token
from vendorgate.testing.fake_issuer import FakeIssuer

JWKS = "https://issuer.test/keys"
SLOTS = {"stripe": "bearer", "twilio": "basic", "anthropic": "header:x-api-key", "maps": "query:key"}


def spec(**changes):
    return IssuerSpec(
        **{"name": "ci", "issuer": "https://issuer.test", "audience": "vendorgate", "jwks": JWKS, **changes}
    )


@pytest.fixture(name="make")
async def make_fixture(fetch, clock, issuer):
    fetch.answers[JWKS] = issuer.jwks_json()
    made = []

    def make(*specs, local=None):
        made.append(Identity(issuers=specs or (spec(),), local=local, slots=SLOTS, clock=clock, fetch=fetch))
        return made[-1]

    yield make
    for identity in made:
        await identity.aclose()


async def test_caller_is_what_the_configuration_makes_of_the_claims(make, bearer, issuer):
    identity = make(
        spec(
            subject="github:{repository}",
            groups=("ci", "owner:{repository_owner}"),
            groups_claim="teams",
            kind="agent",
            require=(("ref", "refs/heads/main"),),
        )
    )
    token = issuer.mint(
        repository="acme/pay",
        repository_owner="acme",
        teams=["payroll"],
        ref="refs/heads/main",
        act={"sub": "bot"},
        exp=4_000_000_000,
    )
    caller = await identity.identify(bearer(token))
    assert caller.id == "github:acme/pay"
    assert caller.groups == {"ci", "owner:acme", "payroll"}
    assert (caller.kind, caller.issuer, caller.actor) == ("agent", "ci", "bot")
    assert caller.expires_at == 4_000_000_000
    assert caller.claims["ref"] == "refs/heads/main"


@pytest.mark.parametrize(
    ("vendor", "field", "query"),
    [
        ("stripe", (b"authorization", b"Bearer %b"), ""),
        ("twilio", (b"authorization", b"Basic AC123:%b"), ""),
        ("stripe", (b"authorization", b"Basic %b:"), ""),
        ("anthropic", (b"x-api-key", b"%b"), ""),
        ("maps", None, "a=1&key=%s"),
        ("nobody", (b"vendorgate-token", b"%b"), ""),
    ],
)
async def test_second_call_is_answered_from_memory(make, request_with, issuer, vendor, field, query):
    identity = make()
    token = issuer.mint()
    fields = []
    if field is not None:
        value = field[1] % token.encode()
        if value.startswith(b"Basic "):
            value = b"Basic " + base64.b64encode(value[6:])
        fields.append((field[0], value))
    request = request_with(*fields, vendor=vendor, query=query % token if query else "")
    assert identity.identify_cached(request) is None
    caller = await identity.identify(request)
    assert identity.identify_cached(request) is caller
    assert await identity.identify(request) is caller


async def test_memory_is_not_asked_about_two_fields_that_may_both_be_tokens(make, request_with, bearer, issuer):
    identity = make()
    good, other = issuer.mint(), issuer.mint(sub="other")
    caller = await identity.identify(bearer(good))
    await identity.identify(bearer(other))
    with_dummy = request_with((b"vendorgate-token", good.encode()), (b"authorization", b"Bearer sk_test_dummy"))
    assert identity.identify_cached(with_dummy) is caller
    for second in (
        b"Bearer " + other.encode(),
        b"bearer " + other.encode(),
        b"Basic " + base64.b64encode(other.encode()),
    ):
        both = request_with((b"vendorgate-token", good.encode()), (b"authorization", second))
        assert identity.identify_cached(both) is None
        with pytest.raises(IdentityRefused, match="two different"):
            await identity.identify(both)
    twice = request_with((b"vendorgate-token", good.encode()), (b"vendorgate-token", good.encode()))
    assert identity.identify_cached(twice) is None
    own_is_no_token = request_with((b"vendorgate-token", b"sk_test"), (b"authorization", b"Bearer " + good.encode()))
    assert identity.identify_cached(own_is_no_token) is None
    in_basic = request_with(
        (b"authorization", b"Basic " + base64.b64encode(good.encode() + b":" + other.encode())), vendor="twilio"
    )
    assert identity.identify_cached(in_basic) is None
    in_query = request_with((b"vendorgate-token", good.encode()), vendor="maps", query=f"key={other}")
    assert identity.identify_cached(in_query) is None


async def test_memory_ends_with_the_token(make, bearer, issuer, clock):
    identity = make()
    request = bearer(issuer.mint(exp=int(clock.now) + 100))
    caller = await identity.identify(request)
    clock.now += 98
    assert identity.identify_cached(request) is caller
    clock.now += 2
    assert identity.identify_cached(request) is None
    with pytest.raises(IdentityRefused, match="expired"):
        await identity.identify(request)


async def test_memory_ends_after_an_hour(make, bearer, issuer, clock):
    identity = make()
    request = bearer(issuer.mint(exp=int(clock.now) + 86400))
    await identity.identify(request)
    clock.now += 3601
    assert identity.identify_cached(request) is None
    await identity.identify(request)
    assert identity.identify_cached(request) is not None


async def test_a_bad_token_costs_one_signature_in_ten_seconds(make, bearer, issuer, clock, monkeypatch):
    identity = make()
    parsed = []
    monkeypatch.setattr(module, "parse_token", lambda raw, real=module.parse_token: parsed.append(raw) or real(raw))
    request = bearer(issuer.mint(aud="elsewhere"))
    for _ in range(3):
        with pytest.raises(IdentityRefused, match="audience"):
            await identity.identify(request)
    assert len(parsed) == 1
    clock.now += 11
    with pytest.raises(IdentityRefused, match="audience"):
        await identity.identify(request)
    assert len(parsed) == 2


async def test_memories_are_bounded(make, bearer, issuer, monkeypatch):
    from vendorgate.identity import cache

    monkeypatch.setattr(cache, "CACHE_LIMIT", 2)
    monkeypatch.setattr(cache, "REFUSED_LIMIT", 2)
    identity = make()
    requests = [bearer(issuer.mint()) for _ in range(3)]
    for request in requests:
        await identity.identify(request)
        with pytest.raises(IdentityRefused):
            await identity.identify(bearer(issuer.mint(aud="elsewhere")))
    assert [identity.identify_cached(request) is not None for request in requests] == [False, True, True]
    assert len(identity._cache._refused) == 2


async def test_proxy_mode_answers_407(make, bearer, request_with, issuer):
    identity = make()
    assert (await identity.identify(bearer(issuer.mint(), mode="proxy"))).id == "job"
    for mode, status in (("proxy", 407), ("base_url", 401)):
        with pytest.raises(IdentityRefused) as caught:
            await identity.identify(request_with(mode=mode))
        assert (caught.value.status, caught.value.reason) == (status, "unauthenticated")


async def test_two_entries_for_one_issuer_are_told_apart_by_audience(make, bearer, issuer, fetch):
    identity = make(spec(name="prod"), spec(name="dev", audience="vendorgate-dev"))
    assert (await identity.identify(bearer(issuer.mint()))).issuer == "prod"
    assert (await identity.identify(bearer(issuer.mint(aud=["x", "vendorgate-dev"])))).issuer == "dev"
    with pytest.raises(IdentityRefused, match="audience"):
        await identity.identify(bearer(issuer.mint(aud="third")))
    assert fetch.asked == [JWKS]


async def test_no_issuer_can_speak_for_another(make, bearer, issuer, fetch):
    other = FakeIssuer("https://other.test", "ES256")
    fetch.answers["https://other.test/keys"] = other.jwks_json()
    identity = make(
        spec(),
        spec(name="o", issuer="https://other.test", jwks="https://other.test/keys", algorithms=("ES256", "RS256")),
    )
    assert (await identity.identify(bearer(other.mint()))).issuer == "o"
    with pytest.raises(IdentityRefused):
        await identity.identify(bearer(issuer.mint(iss="https://other.test")))
    with pytest.raises(IdentityRefused):
        await identity.identify(bearer(other.mint(iss="https://issuer.test", headers={"alg": "RS256"})))


@pytest.mark.parametrize("alg", ["RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"])
async def test_algorithms(make, bearer, fetch, alg):
    issuer = FakeIssuer(alg=alg)
    fetch.answers[JWKS] = issuer.jwks_json()
    assert (await make(spec(algorithms=(alg,))).identify(bearer(issuer.mint()))).id == "job"


@pytest.mark.parametrize("changes", [{"algorithms": ("HS256",)}, {"algorithms": ("none",)}, {"algorithms": ()},
                                     {"subject": "x:{"}, {"issuer": "urn:vendorgate:local"}])  # fmt: skip
async def test_impossible_issuers_are_refused_at_construction(make, changes):
    with pytest.raises(ValueError, match=r"algorithms must|braces|built-in"):
        make(spec(**changes))


async def test_local_issuer(make, bearer, clock):
    pem = FakeIssuer(alg="ES256").private_pem
    local = LocalIssuer(pem)
    identity = make(local=local)
    token = local.mint(subject="kim", groups=["finance"], kind="human", ttl_s=60, now=clock.now)
    caller = await identity.identify(bearer(token))
    assert (caller.id, caller.kind, caller.groups, caller.issuer) == ("kim", "human", {"finance"}, "local")
    stranger = LocalIssuer(FakeIssuer(alg="ES256").private_pem)
    with pytest.raises(IdentityRefused):
        await identity.identify(bearer(stranger.mint(subject="kim", groups=[], now=clock.now)))
    with pytest.raises(IdentityRefused, match="not a configured"):
        await make().identify(bearer(token))


async def test_memory_never_answers_what_the_full_look_would_refuse(make, request_with, bearer, issuer):
    """The hot path's shortcut and the full look, over every pair of fields: the shortcut may only agree or pass."""
    identity = make()
    good, other = issuer.mint().encode(), issuer.mint(sub="other").encode()
    caller = await identity.identify(bearer(good.decode()))
    await identity.identify(bearer(other.decode()))

    def basic(text):
        return b"Basic " + base64.b64encode(text)

    values = [
        None, b"", b"Bearer", b"sk_live_1", b"Digest x", b"Bearer sk_live_1", b"Bearer ejunk", good, other,
        b"Bearer " + good, b"Bearer " + other, b"bearer " + other, b"Bearer  " + other, b"Bearer \t" + other,
        basic(good), basic(other + b":"), basic(b"x:" + good), basic(b"x:" + other), basic(good + b":" + other),
        basic(other + b":" + other), basic(b"sk:sk"), b"basic " + base64.b64encode(other), b"Basic ?",
    ]  # fmt: skip
    names = [b"authorization", b"vendorgate-token", b"proxy-authorization", b"x-api-key"]
    queries = ["", f"key={good.decode()}", f"a=1&key={other.decode()}", f"k%65y={other.decode()}", "key=abc"]
    answered = 0
    for vendor in SLOTS:
        for query in queries if vendor == "maps" else [""]:
            for first, second in itertools.product(names, names):
                for one, two in itertools.product(values, values):
                    fields = [(n, v) for n, v in ((first, one), (second, two)) if v is not None]
                    request = request_with(*fields, vendor=vendor, query=query)
                    known = identity.identify_cached(request)
                    if known is not None:
                        answered += 1
                        assert find_token(request, identity._tables[vendor]) == (good if known is caller else other)
    assert answered > 1000


async def test_no_single_character_can_be_changed(make, bearer, issuer):
    identity = make()
    token = issuer.mint()
    assert (await identity.identify(bearer(token))).id == "job"
    for position, old in enumerate(token):
        changed = token[:position] + ("A" if old != "A" else "B") + token[position + 1 :]
        with pytest.raises(IdentityRefused):
            await identity.identify(bearer(changed))

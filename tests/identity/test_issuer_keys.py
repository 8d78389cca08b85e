"""Keys over time: one load for all who wait, one a minute for strangers' kids, the last good ones kept for a day."""

import asyncio

import orjson
import pytest

from vendorgate.identity import FetchFailed, Identity, IdentityRefused, IssuerSpec
from vendorgate.testing.fake_issuer import FakeIssuer

JWKS = "https://issuer.test/keys"
DISCOVERY = "https://issuer.test/.well-known/openid-configuration"


@pytest.fixture(name="issuer")
def own_issuer_fixture():
    return FakeIssuer(alg="ES256")


@pytest.fixture(name="make")
async def make_fixture(fetch, clock, issuer):
    fetch.answers[JWKS] = issuer.jwks_json()
    made = []

    def make(**changes):
        spec = IssuerSpec(
            **{"name": "ci", "issuer": "https://issuer.test", "audience": "vendorgate", "jwks": JWKS,
               "algorithms": ("ES256",), **changes}
        )  # fmt: skip
        made.append(Identity(issuers=[spec], local=None, slots={"stripe": "bearer"}, clock=clock, fetch=fetch))
        return made[-1]

    yield make
    for identity in made:
        await identity.aclose()


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def fresh(issuer, clock, **claims):
    return issuer.mint(iat=int(clock.now), exp=int(clock.now) + 7200, **claims)


async def test_concurrent_callers_share_one_load(make, bearer, issuer, clock, fetch):
    identity = make()
    callers = await asyncio.gather(*(identity.identify(bearer(fresh(issuer, clock))) for _ in range(20)))
    assert {caller.id for caller in callers} == {"job"}
    assert fetch.asked == [JWKS]


async def test_one_who_hangs_up_does_not_end_the_load_for_the_others(make, bearer, issuer, clock, fetch):
    identity = make()
    first = asyncio.create_task(identity.identify(bearer(fresh(issuer, clock))))
    second = asyncio.create_task(identity.identify(bearer(fresh(issuer, clock))))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).id == "job"


async def test_a_new_key_is_found_once_a_minute(make, bearer, issuer, clock, fetch):
    identity = make()
    await identity.identify(bearer(fresh(issuer, clock)))
    issuer.rotate("key-2")
    fetch.answers[JWKS] = issuer.jwks_json()
    token = fresh(issuer, clock)
    clock.now += 59
    with pytest.raises(IdentityRefused, match="does not publish"):
        await identity.identify(bearer(token))
    clock.now += 1
    assert (await identity.identify(bearer(token))).id == "job"
    assert len(fetch.asked) == 2


async def test_keys_are_refreshed_after_ten_minutes_and_nobody_waits(make, bearer, issuer, clock, fetch):
    identity = make()
    await identity.identify(bearer(fresh(issuer, clock)))
    clock.now += 601
    await identity.identify(bearer(fresh(issuer, clock)))
    await settle()
    assert fetch.asked == [JWKS, JWKS]


async def test_a_withdrawn_key_ends_what_it_proved(make, bearer, issuer, clock, fetch):
    identity = make()
    old = bearer(fresh(issuer, clock))
    await identity.identify(old)
    issuer.rotate("key-2")
    fetch.answers[JWKS] = issuer.jwks_json()
    clock.now += 61
    assert identity.identify_cached(old) is not None
    await identity.identify(bearer(fresh(issuer, clock)))
    assert identity.identify_cached(old) is None
    with pytest.raises(IdentityRefused, match="does not publish"):
        await identity.identify(old)


async def test_an_added_key_ends_nothing(make, bearer, issuer, clock, fetch):
    identity = make()
    old = bearer(fresh(issuer, clock))
    await identity.identify(old)
    issuer.add_jwk(FakeIssuer(alg="ES256", kid="key-9").public_jwk())
    fetch.answers[JWKS] = issuer.jwks_json()
    clock.now += 601
    await identity.identify(bearer(fresh(issuer, clock)))
    await settle()
    assert len(fetch.asked) == 2
    assert identity.identify_cached(old) is not None


@pytest.mark.parametrize("answer", ["it is down", b"<html>", b'{"keys":7}', b'{"keys":[],"keys":[]}'])
async def test_last_good_keys_are_kept_for_a_day(make, bearer, issuer, clock, fetch, answer):
    identity = make()
    await identity.identify(bearer(fresh(issuer, clock)))
    fetch.answers[JWKS] = answer
    clock.now += 24 * 3600 - 10
    assert (await identity.identify(bearer(fresh(issuer, clock)))).id == "job"
    await settle()
    clock.now += 20
    token = fresh(issuer, clock)
    with pytest.raises(IdentityRefused, match="cannot be fetched"):
        await identity.identify(bearer(token))
    fetch.answers[JWKS] = issuer.jwks_json()
    clock.now += 60
    assert (await identity.identify(bearer(token))).id == "job"


async def test_known_tokens_go_on_while_the_issuer_is_down(make, bearer, issuer, clock, fetch):
    identity = make()
    known = bearer(fresh(issuer, clock))
    await identity.identify(known)
    fetch.answers[JWKS] = "it is down"
    clock.now += 3500
    assert identity.identify_cached(known) is not None


async def test_an_issuer_that_is_down_from_the_start_is_asked_every_ten_seconds(make, bearer, issuer, clock, fetch):
    fetch.answers[JWKS] = "it is down"
    identity = make()
    token = fresh(issuer, clock)
    for _ in range(5):
        with pytest.raises(IdentityRefused, match="cannot be fetched"):
            await identity.identify(bearer(token))
    assert len(fetch.asked) == 1
    fetch.answers[JWKS] = issuer.jwks_json()
    clock.now += 10
    assert (await identity.identify(bearer(token))).id == "job"


async def test_a_token_without_kid_needs_the_only_key(make, bearer, issuer, clock, fetch):
    assert (await make().identify(bearer(fresh(issuer, clock, headers={"kid": None})))).id == "job"
    issuer.add_jwk(FakeIssuer(alg="ES256", kid="key-9").public_jwk())
    fetch.answers[JWKS] = issuer.jwks_json()
    with pytest.raises(IdentityRefused, match="does not publish"):
        await make().identify(bearer(fresh(issuer, clock, headers={"kid": None})))


async def test_two_keys_of_one_kid_are_nobodys(make, bearer, issuer, clock, fetch):
    issuer.add_jwk(FakeIssuer(alg="ES256", kid="key-1").public_jwk())
    fetch.answers[JWKS] = issuer.jwks_json()
    with pytest.raises(IdentityRefused, match="does not publish"):
        await make().identify(bearer(fresh(issuer, clock)))


async def test_file_is_read_again_when_it_changes(make, bearer, issuer, clock, tmp_path):
    path = tmp_path / "jwks.json"
    path.write_bytes(issuer.jwks_json())
    identity = make(jwks=str(path))
    old = bearer(fresh(issuer, clock))
    await identity.identify(old)
    issuer.rotate("key-2")
    path.write_bytes(issuer.jwks_json())
    token = fresh(issuer, clock)
    with pytest.raises(IdentityRefused, match="does not publish"):
        await identity.identify(bearer(token))
    clock.now += 10
    assert (await identity.identify(bearer(token))).id == "job"
    assert identity.identify_cached(old) is None
    path.unlink()
    clock.now += 10
    assert (await identity.identify(bearer(fresh(issuer, clock)))).id == "job"


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"keys": [' + b" " * 70_000 + b"]}"])
async def test_file_unusable(make, bearer, issuer, clock, tmp_path, content):
    path = tmp_path / "jwks.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IdentityRefused, match="cannot be fetched"):
        await make(jwks=str(path)).identify(bearer(fresh(issuer, clock)))


@pytest.mark.parametrize(
    ("document", "works"),
    [
        ({"issuer": "https://issuer.test", "jwks_uri": JWKS}, True),
        ({"issuer": "https://issuer.test/", "jwks_uri": JWKS}, False),
        ({"issuer": "https://other.test", "jwks_uri": JWKS}, False),
        ({"jwks_uri": JWKS}, False),
        ({"issuer": "https://issuer.test"}, False),
        ({"issuer": "https://issuer.test", "jwks_uri": 5}, False),
        (["https://issuer.test"], False),
    ],
)
async def test_discovery(make, bearer, issuer, clock, fetch, document, works):
    fetch.answers[DISCOVERY] = orjson.dumps(document)
    identity = make(jwks=None)
    if works:
        assert (await identity.identify(bearer(fresh(issuer, clock)))).id == "job"
        assert fetch.asked == [DISCOVERY, JWKS]
    else:
        with pytest.raises(IdentityRefused, match="cannot be fetched"):
            await identity.identify(bearer(fresh(issuer, clock)))
        assert fetch.asked == [DISCOVERY]


async def test_background_refresh_while_in_use(make, bearer, issuer, clock, fetch, monkeypatch):
    from vendorgate.identity import key_sources

    monkeypatch.setattr(key_sources.UrlKeys, "interval_s", 0.01)
    identity = make()
    await identity.identify(bearer(fresh(issuer, clock)))
    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(fetch.asked) >= 3:
            break
    assert len(fetch.asked) >= 3
    clock.now += 4000
    await asyncio.sleep(0.05)
    stopped_at = len(fetch.asked)
    await asyncio.sleep(0.05)
    assert len(fetch.asked) == stopped_at


async def test_closing_ends_a_load_under_way(clock, bearer, issuer):
    class Stuck:
        started = 0

        async def __call__(self, url: str, *, allow_private: bool) -> bytes:
            self.started += 1
            await asyncio.sleep(60)
            raise FetchFailed("never")

        async def aclose(self) -> None:
            """Nothing is held."""

    stuck = Stuck()
    spec = IssuerSpec("ci", "https://issuer.test", "vendorgate", JWKS, algorithms=("ES256",))
    identity = Identity(issuers=[spec], local=None, slots={}, clock=clock, fetch=stuck)
    waiting = asyncio.create_task(identity.identify(bearer(issuer.mint())))
    await settle()
    assert stuck.started == 1
    await identity.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting

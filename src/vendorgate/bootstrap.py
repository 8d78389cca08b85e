"""The only place that builds objects and wires the stages together."""

import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from vendorgate.audit import Recorder
from vendorgate.catalog.match import Matcher, VendorEntry
from vendorgate.config.keys import Keys, store_path
from vendorgate.config.settings import Settings
from vendorgate.credentials import Binding, Credentials
from vendorgate.identity import Identity, LocalIssuer
from vendorgate.masking import Masker, NeedleSearches
from vendorgate.model import Caller, ClientRequest, Refusal
from vendorgate.pipeline import Stages, handle
from vendorgate.policy import Policy
from vendorgate.proxy.connection import ClientConnection
from vendorgate.proxy.listener import Listener
from vendorgate.store.credentials import SqliteCredentialStore
from vendorgate.store.reader import RecordReader
from vendorgate.store.sqlite import SqliteEventLog
from vendorgate.upstream import Upstream


def build_matcher(settings: Settings) -> Matcher:
    """Compile the catalogues of the configured vendors."""
    entries = [
        VendorEntry(vendor.name, vendor.catalog, vendor.origin.authority, vendor.origin.base_path)
        for vendor in settings.vendors
    ]
    return Matcher(entries, json_depth=settings.limits.json_depth)


def build_masker(settings: Settings, keys: Keys) -> Masker:
    """Compile detectors and field rules."""
    return Masker(
        key=keys.mask, record=settings.mask_record, response=settings.mask_response, capture=settings.limits.capture
    )


def build_stages(
    settings: Settings, *, keys: Keys, data: Path, recorder: Recorder, environ: Mapping[str, str]
) -> Stages:
    """Build all stages for one version of the configuration; call on the event loop that will run them."""
    matcher = build_matcher(settings)
    masker = build_masker(settings, keys)
    recorder.use_masker(masker)
    return Stages(
        recorder=recorder,
        identity=Identity(
            issuers=settings.issuers,
            local=LocalIssuer(keys.local_issuer) if settings.local_issuer else None,
            slots={vendor.name: vendor.catalog.attach for vendor in settings.vendors},
        ),
        matcher=matcher,
        policy=Policy(settings.rules, functions=matcher.functions, version=settings.version),
        credentials=Credentials(
            settings.credentials,
            [
                Binding(vendor.name, vendor.credential, vendor.catalog.attach, vendor.origin.authority)
                for vendor in settings.vendors
            ],
            store=SqliteCredentialStore(store_path(data)),
            seal_key=keys.seal,
            environ=environ,
        ),
        upstream=Upstream(
            [vendor.origin for vendor in settings.vendors],
            own=frozenset((settings.listen.gateway, settings.listen.admin)),
        ),
        masker=masker,
        searches=NeedleSearches(),
        clock=time.time,
    )


def build_reader(settings: Settings, keys: Keys, data: Path) -> RecordReader:
    """Return what the control plane reads the record with."""
    return RecordReader(store_path(data), tokens_for=build_masker(settings, keys).tokens_for)


def build_people(settings: Settings, keys: Keys) -> Callable[[str], Awaitable[Caller]]:
    """Return what verifies a person's bearer token for the control plane, by the same issuers as on the data path."""
    identity = Identity(
        issuers=settings.issuers,
        local=LocalIssuer(keys.local_issuer) if settings.local_issuer else None,
        slots={},
    )

    async def verify(token: str) -> Caller:
        now = time.time()
        headers = ((b"vendorgate-token", token.encode("utf-8", "replace")),)
        return await identity.identify(ClientRequest("", now, "GET", "", "/", "", "", headers, b"", ""))

    return verify


class Gateway:
    """One data-path worker: a listener, the stages in force and the recorder that outlives them."""

    def __init__(self, settings: Settings, *, keys: Keys, data: Path, index: int, environ: Mapping[str, str]) -> None:
        self._keys = keys
        self._data = data
        self._environ = environ
        self.settings = settings
        log = SqliteEventLog(store_path(data))
        self.recorder = Recorder(
            log,
            chain=f"gateway-{index}",
            masker=build_masker(settings, keys),
            capture=settings.limits.capture,
            sign=_signer(keys.chain),
        )
        self._retired: list[Stages] = []
        self._stages = self._build(settings)
        self.listener = Listener(handle=self._handle, record_unparsed=self._record_unparsed, limits=settings.limits)

    def _build(self, settings: Settings) -> Stages:
        return build_stages(settings, keys=self._keys, data=self._data, recorder=self.recorder, environ=self._environ)

    async def _handle(self, request: ClientRequest, client: ClientConnection) -> None:
        await handle(self._stages, request, client)

    async def start(self) -> int:
        """Open the record and listen; return the port. Raises ``OSError`` or ``AuditRefused``."""
        await self.recorder.start()
        listen = self.settings.listen
        tls = None
        if listen.gateway_tls is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.minimum_version = ssl.TLSVersion.TLSv1_2
            tls.set_alpn_protocols(["http/1.1"])
            tls.load_cert_chain(*listen.gateway_tls)
        return await self.listener.listen(*listen.gateway, tls=tls)

    def reload(self, settings: Settings) -> None:
        """Put another version of the configuration in force for calls that begin from now on.

        Calls in progress end under the version they began with. The listeners' addresses and TLS files are those of
        the start: changing them needs a restart.
        """
        old = self._stages
        self._stages = self._build(settings)
        self.settings = settings
        self.listener.limits = settings.limits
        old.upstream.close()
        self._retired.append(old)

    async def drain(self, *, grace_s: float = 25.0) -> None:
        """Accept no more, let calls in progress end, write what is still to be recorded."""
        await self.listener.drain(grace_s=grace_s)
        for stages in (*self._retired, self._stages):
            stages.upstream.stop()
            await stages.identity.aclose()
        await self.recorder.aclose()

    async def _record_unparsed(self, call_id: str, received_at: float, peer: str, refusal: Refusal) -> None:
        await self.recorder.refuse_unparsed(
            id=call_id, received_at=received_at, peer=peer, refusal=refusal, bytes_read=0
        )


def _signer(pem: bytes) -> Callable[[bytes], bytes]:
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key.sign

"""What every credential store does, in memory and on SQLite."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from vendorgate.credentials import CredentialStore, StoreUnavailable
from vendorgate.store.credentials import SqliteCredentialStore
from vendorgate.testing.memory_store import MemoryCredentialStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CredentialStore:
    makers: dict[str, Callable[[], CredentialStore]] = {
        "memory": MemoryCredentialStore,
        "sqlite": lambda: SqliteCredentialStore(tmp_path / "vendorgate.db"),
    }
    return makers[request.param]()


def put(store: CredentialStore, name: str, ciphertext: bytes = b"c") -> int:
    version = store.next_version(name)
    store.put(name, version, b"n" * 12, ciphertext, 5.0)
    return version


def test_the_latest_version_is_in_force(store: CredentialStore) -> None:
    assert store.get("stripe") is None
    assert [put(store, "stripe", b"one"), put(store, "stripe", b"two")] == [1, 2]
    sealed = store.get("stripe")
    assert sealed is not None
    assert tuple(sealed) == ("stripe", 2, b"n" * 12, b"two", 5.0)


def test_list_is_by_name_and_latest(store: CredentialStore) -> None:
    for name in ("b", "a", "b"):
        put(store, name)
    assert [(sealed.name, sealed.version) for sealed in store.list()] == [("a", 1), ("b", 2)]


def test_versions_only_grow_also_after_removal(store: CredentialStore) -> None:
    put(store, "a")
    put(store, "a")
    assert store.remove("a")
    assert not store.remove("a")
    assert store.get("a") is None
    assert store.list() == []
    assert put(store, "a") == 3


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_is_never_given_twice(store: CredentialStore, version: int) -> None:
    put(store, "a", b"one")
    put(store, "a", b"two")
    with pytest.raises(StoreUnavailable):
        store.put("a", version, b"n" * 12, b"three", 6.0)
    sealed = store.get("a")
    assert sealed is not None
    assert sealed.ciphertext == b"two"


def test_a_broken_file_is_unavailable_and_the_file_is_private(tmp_path: Path) -> None:
    good = tmp_path / "good.db"
    put(SqliteCredentialStore(good), "a")
    assert stat.S_IMODE(good.stat().st_mode) == 0o600
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"this is not a database, and long enough to be seen as none" * 100)
    with pytest.raises(StoreUnavailable):
        SqliteCredentialStore(bad).get("a")

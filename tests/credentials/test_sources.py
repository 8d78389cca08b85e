"""Each source: what it reads, when it reads again, what it says when there is nothing."""

import os

import pytest

from vendorgate.credentials import CredentialRefused

from .fakes import SECRET, Clock, MemoryStore, authorized, stripe_credentials


def needle(credential):
    return SECRET.encode() in credential.needles


def write(path, text, mtime):
    path.write_bytes(text)
    os.utime(path, (mtime, mtime))


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_file_is_read_without_its_last_line_end(tmp_path, end):
    write(tmp_path / "key", SECRET.encode() + end, 1_700_000_000)
    credential = stripe_credentials("file", str(tmp_path / "key")).lease(authorized())
    assert needle(credential)
    assert credential.version == 1_700_000_000


@pytest.mark.parametrize("end", [b"\n\n", b"\r", b"\n \n"])
def test_only_one_line_end_is_taken_off(tmp_path, end):
    (tmp_path / "key").write_bytes(SECRET.encode() + end)
    with pytest.raises(CredentialRefused, match="control character"):
        stripe_credentials("file", str(tmp_path / "key")).lease(authorized())


def test_a_changed_file_is_read_again_after_two_seconds(tmp_path):
    clock = Clock()
    write(tmp_path / "key", b"sk_live_before", 1_700_000_000)
    credentials = stripe_credentials("file", str(tmp_path / "key"), clock=clock)
    before = credentials.lease(authorized())
    write(tmp_path / "new", SECRET.encode(), 1_700_000_060)
    (tmp_path / "new").rename(tmp_path / "key")
    assert credentials.lease(authorized()) is before
    clock.now += 2
    after = credentials.lease(authorized())
    assert needle(after)
    assert after.version == 1_700_000_060
    clock.now += 2
    assert credentials.lease(authorized()) is after


def test_a_link_that_is_pointed_elsewhere_is_followed(tmp_path):
    """Kubernetes swaps a link when a mounted secret changes; contents can have the same size and time."""
    clock = Clock()
    write(tmp_path / "a", b"sk_live_aaaaaaaa", 1_700_000_000)
    write(tmp_path / "b", b"sk_live_bbbbbbbb", 1_700_000_000)
    (tmp_path / "key").symlink_to("a")
    credentials = stripe_credentials("file", str(tmp_path / "key"), clock=clock)
    assert b"sk_live_aaaaaaaa" in credentials.lease(authorized()).needles
    (tmp_path / "swap").symlink_to("b")
    (tmp_path / "swap").rename(tmp_path / "key")
    clock.now += 2
    assert b"sk_live_bbbbbbbb" in credentials.lease(authorized()).needles


def make_missing(path):
    pass


def make_folder(path):
    path.mkdir()


def make_pipe(path):
    os.mkfifo(path)


def make_huge(path):
    path.write_bytes(b"x" * 20_000)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (make_missing, "No such file"),
        (make_folder, "directory|regular"),
        (make_pipe, "not a regular file"),
        (make_huge, "longer than"),
    ],
)
def test_a_file_that_is_no_secret_is_refused_and_its_path_is_not_told(tmp_path, make, why):
    make(tmp_path / "key")
    with pytest.raises(CredentialRefused, match=why) as refused:
        stripe_credentials("file", str(tmp_path / "key")).lease(authorized())
    assert "'stripe-live'" in refused.value.detail
    assert str(tmp_path) not in refused.value.detail


def test_a_file_that_vanishes_is_no_longer_used(tmp_path):
    clock = Clock()
    write(tmp_path / "key", SECRET.encode(), 1_700_000_000)
    credentials = stripe_credentials("file", str(tmp_path / "key"), clock=clock)
    assert needle(credentials.lease(authorized()))
    (tmp_path / "key").unlink()
    clock.now += 2
    with pytest.raises(CredentialRefused, match="No such file"):
        credentials.lease(authorized())


def test_the_environment_is_taken_as_it_is():
    credential = stripe_credentials("env", "KEY", environ={"KEY": SECRET}).lease(authorized())
    assert needle(credential)
    assert credential.version == 1


def test_a_missing_variable_is_named():
    with pytest.raises(CredentialRefused, match="environment variable KEY"):
        stripe_credentials("env", "KEY", environ={"OTHER": SECRET}).lease(authorized())


def test_an_empty_variable_is_refused():
    with pytest.raises(CredentialRefused, match="is empty"):
        stripe_credentials("env", "KEY", environ={"KEY": ""}).lease(authorized())


def test_the_store_has_the_latest_version():
    store = MemoryStore()
    store.set("stripe-live", "sk_live_before")
    store.set("stripe-live", SECRET)
    credential = stripe_credentials("store", store=store).lease(authorized())
    assert needle(credential)
    assert credential.version == 2


def test_a_credential_that_was_never_set_says_how_to_set_it():
    with pytest.raises(CredentialRefused, match="Run: vendorgate credentials set stripe-live"):
        stripe_credentials("store", store=MemoryStore()).lease(authorized())

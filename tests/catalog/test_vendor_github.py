"""PyGithub, understood by the built-in catalogue."""

import json

import github
import pytest

from vendorgate.testing.fake_vendor import FakeRequest, FakeResponse, FakeVendor

from .sdk_wire import Wire

OURS = {"owner": "acme", "repo": "app"}


def answer(request):
    if "/collaborators/" in request.target or "/dispatches" in request.target:
        return FakeResponse(204, b"")
    return FakeResponse(
        body=json.dumps({"total_count": 0, "items": [], "content": {}, "commit": {}, "resources": {}}).encode()
    )


@pytest.fixture(scope="module")
def wire():
    with FakeVendor(answer) as server:
        yield Wire("github", server)


@pytest.fixture(scope="module")
def client(wire):
    return github.Github(
        auth=github.Auth.Token("ghp_x"),
        base_url=wire.url,
        retry=None,
        lazy=True,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )


@pytest.fixture
def repo(client):
    return client.get_repo("acme/app")


@pytest.mark.parametrize(
    ("send", "name", "access", "params"),
    [
        (lambda r: r.edit(private=True), "repos.update", "write", {"private": True}),
        (lambda r: r.delete(), "repos.delete", "destroy", {}),
        (lambda r: r.get_branch("main"), "repos.get_branch", "read", {"branch": "main"}),
        (
            lambda r: r.create_issue("Broken", body="It is.", labels=["bug"]),
            "issues.create",
            "write",
            {"title": "Broken", "body": "It is.", "labels": ["bug"]},
        ),
        (
            lambda r: r.get_issue(7).create_comment("Mine"),
            "issues.create_comment",
            "write",
            {"issue_number": "7", "body": "Mine"},
        ),
        (
            lambda r: r.get_issue(7).edit(state="closed"),
            "issues.update",
            "write",
            {"issue_number": "7", "state": "closed"},
        ),
        (
            lambda r: r.create_pull(base="main", head="fix", title="Fix"),
            "pulls.create",
            "write",
            {"base": "main", "head": "fix", "title": "Fix"},
        ),
        (
            lambda r: r.get_pull(8).merge(merge_method="squash"),
            "pulls.merge",
            "write",
            {"pull_number": "8", "merge_method": "squash"},
        ),
        (
            lambda r: r.get_pull(8).create_review(event="APPROVE"),
            "pulls.create_review",
            "write",
            {"pull_number": "8", "event": "APPROVE"},
        ),
        (
            lambda r: r.create_git_ref("refs/heads/x", "0" * 40),
            "git.create_ref",
            "write",
            {"ref": "refs/heads/x", "sha": "0" * 40},
        ),
        (lambda r: r.get_contents("README.md"), "repos.get_content", "read", {"path": "README.md"}),
        (
            lambda r: r.create_file("a.md", "add", "text", branch="main"),
            "repos.create_or_update_file_contents",
            "write",
            {"path": "a.md", "message": "add", "branch": "main"},
        ),
        (
            lambda r: r.delete_file("a.md", "remove", "0" * 40),
            "repos.delete_file",
            "destroy",
            {"path": "a.md", "sha": "0" * 40},
        ),
        (
            lambda r: r.get_workflow("ci.yml").create_dispatch("main", {"env": "prod"}),
            "actions.create_workflow_dispatch",
            "write",
            {"workflow_id": "ci.yml", "ref": "main", "inputs": {"env": "prod"}},
        ),
        (
            lambda r: r.create_repository_dispatch("deploy", {"env": "prod"}),
            "repos.create_dispatch_event",
            "write",
            {"event_type": "deploy", "client_payload": {"env": "prod"}},
        ),
        (
            lambda r: r.create_git_release("v1", name="One", message="First"),
            "repos.create_release",
            "write",
            {"tag_name": "v1", "name": "One", "body": "First"},
        ),
        (
            lambda r: r.add_to_collaborators("kim", "admin"),
            "repos.add_collaborator",
            "write",
            {"username": "kim", "permission": "admin"},
        ),
    ],
)
def test_a_request_of_the_sdk_is_understood(wire, repo, send, name, access, params):
    call = wire.match(lambda: send(repo))
    assert (call.function.name, call.function.access) == (name, access)
    wanted = OURS | params
    assert {key: call.params[key] for key in wanted} == wanted


def test_searches_and_people(wire, client):
    call = wire.match(lambda: client.search_issues("is:open").totalCount)
    assert (call.function.name, call.params["q"]) == ("search.issues_and_pull_requests", "is:open")
    assert wire.match(lambda: client.get_rate_limit()).function.name == "rate_limit.get"


def test_a_file_in_a_folder_is_unlisted(wire, repo):
    """A template's segment is one segment: a path with a slash is beyond ``{path}``, and never half matched."""
    assert wire.match(lambda: repo.get_contents("docs/a.md")).function.name == "unlisted"
    assert wire.match(lambda: repo.create_file("docs/a.md", "add", "text")).function.name == "unlisted"


def test_labels_may_be_a_bare_list(wire, repo):
    call = wire.match_request(
        FakeRequest(
            "POST", "/github/repos/acme/app/issues/7/labels", {"content-type": "application/json"}, b'["bug"]', b""
        )
    )
    assert (call.function.name, call.params["body"]) == ("issues.add_labels", ["bug"])


def test_a_branch_is_moved_and_removed(wire):
    for method, body, name in (("PATCH", b'{"force": true}', "git.update_ref"), ("DELETE", b"", "git.delete_ref")):
        request = FakeRequest(
            method, "/github/repos/acme/app/git/refs/heads/main", {"content-type": "application/json"}, body, b""
        )
        call = wire.match_request(request)
        assert (call.function.name, call.params["kind"], call.params["ref"]) == (name, "heads", "main")


def test_what_is_not_listed_is_unlisted(wire, repo):
    assert wire.match(lambda: repo.get_languages()).function.name == "unlisted"

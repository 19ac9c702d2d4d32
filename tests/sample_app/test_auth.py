import re

import pytest
from werkzeug.security import check_password_hash

from shortener import users

from .conftest import PASSWORD, TOKEN


def test_register_log_out_and_in(visitor):
    answer = visitor.submit(path="/register", name=" Alice ", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/links")
    assert "Welcome, alice" in visitor.get("/links").text
    token = TOKEN.search(visitor.get("/").text).group(1)
    assert visitor.post("/logout", data={"csrf_token": token}).location == "/"
    assert "You are logged out" in visitor.get("/").text
    assert visitor.get("/links").status_code == 302
    answer = visitor.submit(path="/login", name="ALICE", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/links")


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        ("", PASSWORD, "A name has 3 to 64 letters"),
        ("al", PASSWORD, "A name has 3 to 64 letters"),
        ("al ice", PASSWORD, "A name has 3 to 64 letters"),
        ("a" * 65, PASSWORD, "A name has 3 to 64 letters"),
        ("alice\0", PASSWORD, "A name has 3 to 64 letters"),
        ("\u0430lice", PASSWORD, "A name has 3 to 64 letters"),  # a Cyrillic letter
        ("alice", "", "12 to 1,000 characters"),
        ("alice", "elevenchars", "12 to 1,000 characters"),
        ("alice", "long " * 300, "12 to 1,000 characters"),
    ],
)
def test_bad_registrations_are_explained_and_keep_the_name(visitor, name, password, reason):
    answer = visitor.submit(path="/register", name=name, password=password)
    assert answer.status_code == 422
    assert reason in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not password or password not in answer.text
    if name.isalnum():
        assert f'value="{name}"' in answer.text


def test_a_name_is_had_once(alice, visitor):
    answer = visitor.submit(path="/register", name="Alice", password=PASSWORD)
    assert answer.status_code == 422
    assert "The name “alice” is taken" in answer.text


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("alice", ""), ("nobody", PASSWORD), ("a\0", "x")])
def test_a_bad_login_does_not_tell_what_was_wrong(alice, visitor, name, password):
    answer = visitor.submit(path="/login", name=name, password=password)
    assert answer.status_code == 422
    assert "no account with this name and password" in answer.text
    assert visitor.get("/links").status_code == 302


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/links?q=a&page=2", "/links?q=a&page=2"),
        ("/tokens", "/tokens"),
        ("", "/links"),
        ("tokens", "/links"),
        ("https://evil.example/", "/links"),
        ("//evil.example/", "/links"),
        ("/\\evil.example/", "/links"),
        ("/\t/evil.example/", "/links"),
        ("/%0a/evil.example", "/%0a/evil.example"),
        ("javascript:alert(1)", "/links"),
        ("//[", "/links"),
    ],
)
def test_a_login_leads_where_it_was_asked_for_but_never_elsewhere(visitor, wanted, location):
    token = TOKEN.search(visitor.get("/login").text).group(1)
    form = {"name": "alice", "password": PASSWORD, "csrf_token": token}
    answer = visitor.post("/login", query_string={"next": wanted}, data=form)
    assert answer.status_code == 303
    assert answer.location == location


@pytest.mark.parametrize("hash_method", [None])
@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_login_takes_as_long_whether_the_name_exists_or_not(alice, visitor, monkeypatch, name):
    checked = []

    def check(stored, typed):
        checked.append(stored.split("$")[0])
        return check_password_hash(stored, typed)

    monkeypatch.setattr(users, "check_password_hash", check)
    visitor.submit(path="/login", name=name, password="wrong")
    assert checked == ["scrypt:32768:8:1"]


def test_a_session_of_before_the_login_opens_nothing_after(alice, visitor):
    before = TOKEN.search(visitor.get("/").text).group(1)
    visitor.submit(path="/login", name="alice", password=PASSWORD)
    assert visitor.post("/", data={"target": "https://example.com/", "csrf_token": before}).status_code == 400


def test_passwords_and_tokens_cannot_be_read_in_the_database(alice):
    alice.submit(path="/tokens", label="backup script")
    token = re.search(r"<code>([^<]+)</code>", alice.get("/tokens").text)[1]
    with alice.application.app_context():
        user = users.authenticate("alice", PASSWORD)
        assert user.password_hash.startswith("scrypt:")
        assert token not in repr([vars(token) for token in user.tokens])
        assert users.find_by_token(token) == user


def test_a_token_is_shown_once_and_can_be_revoked(alice, bob):
    answer = alice.submit(path="/tokens", label="backup script")
    assert (answer.status_code, answer.location) == (303, "/tokens")
    first, second = alice.get("/tokens").text, alice.get("/tokens").text
    token = re.search(r"<code>([^<]+)</code>", first)[1]
    assert len(token) == 43
    assert token not in second
    assert "backup script" in second
    revoke = re.search(r'href="(/tokens/\d+/revoke)"', second)[1]
    authorization = {"Authorization": f"Bearer {token}"}
    assert bob.get("/api/v1/links", headers=authorization).status_code == 200
    assert bob.get(revoke).status_code == 404
    assert alice.submit(path=revoke).location == "/tokens"
    assert "“backup script” was revoked" in alice.get("/tokens").text
    assert bob.get("/api/v1/links", headers=authorization).status_code == 401


@pytest.mark.parametrize(
    ("label", "reason"),
    [("", "Give the token a name"), (" ", "Give the token a name"), ("x" * 65, "at most 64"), ("a\0b", "at most 64")],
)
def test_a_token_needs_a_label(alice, label, reason):
    answer = alice.submit(path="/tokens", label=label)
    assert answer.status_code == 422
    assert reason in answer.text


@pytest.mark.parametrize("path", ["/tokens", "/tokens/1/revoke", "/links", "/links/abc/delete"])
def test_pages_of_users_are_closed_to_others(visitor, path):
    assert visitor.get(path).location.startswith("/login?next=")

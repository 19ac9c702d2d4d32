import re
from datetime import UTC, datetime, timedelta

import pytest
import segno
from sqlalchemy import text

from shortener import create_app, links

from .conftest import TOKEN, sqlite_only


def test_post_redirect_get(visitor):
    answer = visitor.submit("https://example.com/long")
    assert answer.status_code == 303
    page = visitor.get(answer.location)
    assert page.status_code == 200
    code = answer.location.removeprefix("/links/")
    assert f'href="https://short.example/{code}"' in page.text
    assert 'href="https://example.com/long"' in page.text
    assert visitor.get(answer.location).text == page.text


def test_redirect_counts_every_visit_and_is_never_stored(visitor):
    code = visitor.shorten("https://example.com/?a=1&b=%20#here")
    for _ in range(3):
        answer = visitor.get(f"/{code}")
        assert answer.status_code == 302
        assert answer.location == "https://example.com/?a=1&b=%20#here"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
    assert visitor.visits(code) == 3


def test_a_look_at_the_headers_is_no_visit(visitor):
    code = visitor.shorten("https://example.com/")
    assert visitor.head(f"/{code}").location == "https://example.com/"
    assert visitor.options(f"/{code}").headers["Allow"].count("POST") == 0
    assert visitor.head("/bcdfghj").status_code == 404
    assert visitor.visits(code) == 0


@pytest.mark.parametrize("typed", ["example.com", "", "javascript:alert(1)", '"><script>alert(1)</script>'])
def test_a_bad_address_is_explained_and_not_lost(visitor, typed):
    answer = visitor.submit(typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    escaped = typed.replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;")
    assert f'value="{escaped}"' in answer.text


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_without_a_good_token_nothing_is_saved_or_lost(visitor, token):
    visitor.get("/")
    data = {"target": "https://example.com/typed"} | ({} if token is None else {"csrf_token": token})
    answer = visitor.post("/", data=data)
    assert answer.status_code == 400
    assert 'value="https://example.com/typed"' in answer.text
    assert "expired" in answer.text


def test_no_form_of_any_page_is_taken_without_a_token(app, alice):
    alice.submit(path="/tokens", label="kept")
    code = alice.shorten()
    taken = set()
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods and not rule.rule.startswith("/api/"):
            path = rule.rule.replace("<code:code>", code).replace("<int:token_id>", "1")
            assert alice.post(path).status_code == 400, path
            taken.add(path)
    assert {"/", "/login", "/logout", f"/links/{code}/delete", "/tokens/1/revoke"} <= taken
    assert "kept" in alice.get("/tokens").text
    assert alice.get(f"/links/{code}").status_code == 200


def test_a_token_of_another_visitor_is_refused(app):
    token = TOKEN.search(app.test_client().get("/").text).group(1)
    stranger = app.test_client()
    stranger.get("/")
    data = {"target": "https://example.com/", "csrf_token": token}
    assert stranger.post("/", data=data).status_code == 400


def test_the_session_cookie_is_locked_to_this_host(visitor):
    name, _, rest = visitor.get("/").headers["Set-Cookie"].partition("=")
    assert name == "__Host-session"
    assert set(rest.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_addresses_are_those_the_proxy_tells(visitor):
    path = visitor.submit("https://example.com/").location
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "go.example", "X-Forwarded-For": "192.0.2.1"}
    page = visitor.get(path, base_url="http://unix", headers=proxied)
    assert 'href="https://go.example/' in page.text


@sqlite_only
def test_private_addresses_are_refused_unless_they_are_allowed(app, environ):
    del environ["PRIVATE_TARGETS"]
    strict = create_app(environ)
    strict.test_client_class = app.test_client_class
    answer = strict.test_client().submit("http://192.168.0.1/")
    strict.extensions["engine"].dispose()
    assert answer.status_code == 422
    assert "in a private network" in answer.text
    assert app.test_client().submit("http://192.168.0.1/").status_code == 303


def test_an_alias_of_ones_own(visitor):
    assert visitor.shorten("https://example.com/", alias="My-Talk") == "my-talk"
    assert visitor.get("/my-talk").location == "https://example.com/"
    taken = visitor.submit("https://example.com/else", alias="my-talk", expires_at="2099-12-31")
    assert taken.status_code == 422
    assert "“my-talk” is already taken" in taken.text
    for typed in ("https://example.com/else", "my-talk", "2099-12-31"):
        assert f'value="{typed}"' in taken.text
    assert "<details open>" in taken.text


def test_options_stay_folded_until_they_are_used(visitor):
    assert "<details >" in visitor.get("/").text


def test_an_expired_link_leads_nowhere_and_says_so(visitor):
    code = visitor.shorten(expires_at="2099-12-31")
    assert visitor.get(f"/{code}").status_code == 302
    assert "1 January 2100, 00:00 UTC" in visitor.get(f"/links/{code}").text
    with visitor.application.extensions["engine"].begin() as connection:
        connection.execute(
            text("UPDATE link SET expires_at = :at"), {"at": str(datetime.now(UTC) - timedelta(seconds=1))}
        )
    for answer in (visitor.get(f"/{code}"), visitor.head(f"/{code}")):
        assert answer.status_code == 410
    assert "has expired" in visitor.get(f"/{code}").text
    assert "This link has expired" in visitor.get(f"/links/{code}").text


def test_a_qr_code_of_the_short_address(visitor):
    code = visitor.shorten()
    answer = visitor.get(f"/links/{code}/qr.svg")
    assert answer.content_type.startswith("image/svg+xml")
    wanted = segno.make(f"https://short.example/{code}", micro=False)
    assert re.findall(r' d="([^"]+)"', answer.text)[-1] == re.search(r' d="([^"]+)"', wanted.svg_inline(border=4))[1]
    assert b"style=" not in answer.data
    assert visitor.get("/links/nothing/qr.svg").status_code == 404


def test_what_belongs_to_a_user_is_for_that_user_alone(alice, bob, visitor):
    code = alice.shorten("https://example.com/secret")
    for path in (f"/links/{code}", f"/links/{code}/qr.svg", f"/links/{code}/delete"):
        assert alice.get(path).status_code == 200
        assert bob.get(path).status_code == 404
    assert visitor.get(f"/links/{code}").status_code == 404
    assert visitor.get(f"/links/{code}/delete").location == f"/login?next=%2Flinks%2F{code}%2Fdelete"
    token = TOKEN.search(bob.get("/").text).group(1)
    assert bob.post(f"/links/{code}/delete", data={"csrf_token": token}).status_code == 404
    assert visitor.get(f"/{code}").location == "https://example.com/secret"


def test_nobody_deletes_a_link_of_nobody(alice, visitor):
    code = visitor.shorten()
    assert alice.get(f"/links/{code}").status_code == 200
    assert alice.get(f"/links/{code}/delete").status_code == 404


def test_owners_share_no_links(alice, bob, visitor):
    codes = {who.shorten("https://example.com/same") for who in (alice, bob, visitor)}
    assert len(codes) == 3
    assert alice.shorten("https://example.com/same") in codes


def test_deleting_asks_first_and_is_final(alice):
    code = alice.shorten()
    assert alice.get(f"/links/{code}/delete").status_code == 200
    assert alice.get(f"/{code}").status_code == 302
    answer = alice.submit(path=f"/links/{code}/delete")
    assert (answer.status_code, answer.location) == (303, "/links")
    assert f"“{code}” was deleted" in alice.get("/links").text
    assert "was deleted" not in alice.get("/links").text
    assert alice.get(f"/{code}").status_code == 404


def test_list_is_searched_and_paged(alice, monkeypatch):
    assert "You have no links yet" in alice.get("/links").text
    monkeypatch.setattr(links, "PAGE_LENGTH", 2)
    for word in ("one", "two", "three", "four", "100%_sure"):
        alice.shorten(f"https://example.com/{word}", alias=f"the-{word}" if word.isalpha() else "")

    def shown(query=""):
        return re.findall(r'<p class="target">https://example.com/([^<]+)</p>', alice.get(f"/links{query}").text)

    assert shown() == ["100%_sure", "four"]
    assert shown("?page=2") == ["three", "two"]
    assert shown("?page=3") == ["one"]
    assert shown("?page=99999999999999999999") == ["one"]
    assert shown("?page=-1") == shown("?page=x") == shown()
    assert shown("?q=THE-T") == ["three", "two"]
    assert shown("?q=%25_") == ["100%_sure"]
    assert shown("?q=the-&page=2") == ["two", "one"]
    assert "q=the-&amp;page=1" in alice.get("/links?q=the-&page=2").text
    nothing = alice.get("/links?q=<script>%00").text
    assert "0 links with “&lt;script&gt;”" in nothing
    assert 'value="&lt;script&gt;"' in nothing


def test_list_is_for_users(visitor):
    answer = visitor.get("/links?q=a")
    assert answer.location == "/login?next=%2Flinks%3Fq%3Da"
    assert "Please log in" in visitor.get(answer.location).text

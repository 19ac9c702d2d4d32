import pytest


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
    assert "<dd>3</dd>" in visitor.get(f"/links/{code}").text


def test_a_look_at_the_headers_is_no_visit(visitor):
    code = visitor.shorten("https://example.com/")
    assert visitor.head(f"/{code}").location == "https://example.com/"
    assert visitor.head("/bcdfghj").status_code == 404
    assert "<dd>0</dd>" in visitor.get(f"/links/{code}").text


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


def test_a_token_of_another_visitor_is_refused(app):
    answer = app.test_client().get("/")
    token = answer.text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
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

import pytest
from sqlalchemy.engine import make_url

from shortener import database

from .conftest import TOKEN, sqlite_only
from .server import ask, serving


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/links/nothing", 404),
        ("GET", "/deep/er", 404),
        ("GET", "/%00%ff%ed%a0%80", 404),
        ("GET", "/links/%00'--", 404),
        ("DELETE", "/", 405),
        ("POST", "/healthz", 405),
        ("GET", "/metrics", 404),
        ("GET", "/" + "a" * 65, 404),
        ("GET", "/logout", 404),
    ],
)
def test_an_error_is_a_page_without_details(visitor, method, path, status):
    answer = visitor.open(path, method=method)
    assert answer.status_code == status
    assert answer.content_type == "text/html; charset=utf-8"
    assert "<h1>" in answer.text
    assert ("Allow" in answer.headers) == (status == 405)


def test_too_much_is_refused(visitor):
    assert visitor.post("/", data={"target": "x" * 100_000}).status_code == 413


@pytest.mark.processes
@sqlite_only
def test_too_much_is_not_read_when_nobody_says_how_much_it_is(app, environ, tmp_path):
    with serving(environ, tmp_path, "--workers=1") as server:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = (b"target=" + b"x" * 10_000 for _ in range(20))  # in chunks, without Content-Length
        status, _, page = ask(server.socket, "POST", "/", body, form)
        assert status == 400
        assert 0 < page.count("x" * 1000) < 66


@pytest.mark.parametrize("path", ["/bcdfghj", "/links/bcdfghj"])
def test_an_error_of_the_database_tells_the_log_and_not_the_visitor(unmigrated, caplog, path):
    answer = unmigrated.test_client().get(path)
    assert answer.status_code in {500, 503}
    assert "link" in caplog.text
    assert not any(word in answer.text for word in ("relation", "no such table", "sqlite", "Traceback", "Error:"))
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert f"name this number: {answer.headers['X-Request-ID']}" in answer.text


@sqlite_only
def test_an_unforeseen_error_too(app, caplog):
    @app.get("/boom")
    def boom():
        raise RuntimeError("a secret detail")

    answer = app.test_client().get("/boom")
    assert answer.status_code == 500
    assert "a secret detail" in caplog.text
    assert "a secret detail" not in answer.text


@pytest.mark.parametrize("path", ["/", "/login", "/register", "/links/bcdfghj/delete"])
def test_an_expired_form_does_nothing(visitor, path):
    answer = visitor.post(path, data={"name": "typed-name", "target": "https://typed.example/"})
    assert answer.status_code == 400
    assert "had expired" in answer.text
    assert ("typed-name" in answer.text) == (path in {"/login", "/register"})


def test_an_expired_form_of_a_user(alice):
    answer = alice.post("/tokens", data={"label": "typed label"})
    assert answer.status_code == 400
    assert 'value="typed label"' in answer.text


@sqlite_only
def test_a_database_that_is_away_loses_nothing_that_was_typed(app, alice, caplog, tmp_path):
    code = alice.shorten()
    token = TOKEN.search(alice.get("/").text).group(1)
    there = app.extensions["engine"]
    app.extensions["engine"] = database.connect(make_url(f"postgresql+psycopg://me:hunter2@/links?host={tmp_path}"))
    form = {"csrf_token": token, "target": "https://example.com/typed", "alias": "my-talk"}
    answer = alice.post("/", data=form)
    assert answer.status_code == 503
    assert 'value="https://example.com/typed"' in answer.text
    assert 'value="my-talk"' in answer.text
    for path in ("/", f"/{code}", "/links", "/tokens"):
        answer = alice.get(path)
        assert answer.status_code == 503
        assert "Service Unavailable" in answer.text
    answer = alice.get("/api/v1/links", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert alice.get("/healthz").status_code == 200
    assert alice.get("/readyz").status_code == 503
    assert app.test_client().get("/login").status_code == 200
    assert "hunter2" not in caplog.text
    app.extensions["engine"] = there
    assert alice.post("/", data=form).location == "/links/my-talk"

import pytest

from .conftest import sqlite_only


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

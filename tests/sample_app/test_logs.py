import io
import json
import logging

import pytest

from shortener import create_app, users
from shortener.logs import JsonLines

from .conftest import PASSWORD, TOKEN, sqlite_only
from .server import ask, serving

pytestmark = sqlite_only


@pytest.fixture
def lines(app):
    """What has been logged since the last call."""
    (handler,) = (handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, JsonLines))
    handler.setStream(io.StringIO())
    return lambda: [json.loads(line) for line in handler.setStream(io.StringIO()).getvalue().splitlines()]


def test_one_line_for_each_request(visitor, lines):
    answer = visitor.get("/bcdfghj?q=x", headers={"X-Request-ID": "0123456789abcdef"})
    (line,) = lines()
    assert line.pop("duration_ms") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "shortener.requests",
        "message": "404 GET",
        "request_id": "0123456789abcdef",
        "method": "GET",
        "route": "/<code:code>",
        "status": 404,
    }
    assert answer.headers["X-Request-ID"] == "0123456789abcdef"


@pytest.mark.parametrize("given", [None, "", "short", "x" * 65, 'quote"and{brace', "new\tline-of-the-log"])
def test_an_unfit_request_id_is_replaced(visitor, lines, given):
    answer = visitor.get("/", headers={"X-Request-ID": given} if given is not None else {})
    (line,) = lines()
    assert len(line["request_id"]) == 32
    assert answer.headers["X-Request-ID"] == line["request_id"] != given


def test_what_is_no_page_has_no_route(visitor, lines):
    visitor.get("/no/such/page?with=secrets")
    assert [(line["status"], line["route"]) for line in lines()] == [(404, None)]


def test_errors_come_with_their_traceback_on_one_line(app, lines):
    @app.get("/boom")
    def boom():
        raise RuntimeError("line one\nline two")

    app.test_client().get("/boom")
    error, request = lines()
    assert error["exception"].endswith("RuntimeError: line one\nline two")
    assert error["request_id"] == request["request_id"]
    assert request["status"] == 500


def test_two_apps_log_no_line_twice(environ, visitor, capsys):
    create_app(environ).extensions["engine"].dispose()
    visitor.get("/")
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.processes
def test_under_gunicorn_it_is_on_stdout_and_gunicorn_says_nothing_of_it(app, environ, tmp_path):
    with serving(environ, tmp_path, "--workers=2") as server:
        ask(server.socket, "GET", "/bcdfghj", headers={"X-Request-ID": "0123456789abcdef"})
        (line,) = server.log
        assert (line["request_id"], line["route"]) == ("0123456789abcdef", "/<code:code>")
        assert "bcdfghj" not in server.said
        assert "GET" not in server.said


def test_secrets_are_never_logged(app, environ, alice, lines, monkeypatch):
    with app.app_context():
        token = users.issue_token(users.authenticate("alice", PASSWORD), "test")
    visitor = app.test_client()
    visitor.get("/login")
    csrf = TOKEN.search(visitor.get("/login").text).group(1)
    cookie = visitor.get_cookie("__Host-session", "short.example").value
    for _ in range(2):
        visitor.post("/login", data={"name": PASSWORD, "password": PASSWORD, "csrf_token": csrf})
    visitor.get("/api/v1/links", headers={"Authorization": f"Bearer {token}"})
    # Even when the database refuses what it was told.
    with app.extensions["engine"].begin() as connection:
        connection.exec_driver_sql("ALTER TABLE user RENAME TO gone")
    visitor.post("/login", data={"name": "alice", "password": PASSWORD, "csrf_token": csrf})
    visitor.get("/api/v1/links", headers={"Authorization": f"Bearer {token}"})
    logging.getLogger("shortener").warning("the app is %r", app)
    logged = json.dumps(lines())
    assert "no such table: user" in logged
    for secret in (environ["SECRET_KEY"], PASSWORD, token, csrf, cookie):
        assert secret not in logged

import re

import pytest


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/static/style.css"])
def test_every_answer_is_locked_down(visitor, path):
    with visitor.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert ("no-store" in headers["Cache-Control"]) == (path != "/static/style.css")


def test_who_is_logged_in_is_never_told_to_a_cache(alice):
    assert alice.get("/").headers["Vary"] == "Cookie"


def test_pages_need_nothing_that_the_policy_forbids(alice):
    code = alice.shorten()
    paths = [
        "/",
        f"/links/{code}",
        f"/links/{code}/delete",
        "/links",
        "/tokens",
        "/login",
        "/register",
        "/api/v1/",
        "/no",
    ]
    for page in (alice.get(path).text for path in paths):
        assert not re.search(r"<script(?! src)|<style|\sstyle=|\son[a-z]+=|<iframe", page)

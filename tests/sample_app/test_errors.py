import pytest


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


def test_an_unforeseen_error_tells_the_log_and_not_the_visitor(unmigrated, caplog):
    answer = unmigrated.test_client().get("/bcdfghj")
    assert answer.status_code == 500
    assert "no such table" in caplog.text
    assert not any(word in answer.text for word in ("table", "sqlite", "Traceback", "Error:"))
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

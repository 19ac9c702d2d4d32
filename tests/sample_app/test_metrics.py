import re

import pytest

from .conftest import sqlite_only
from .server import ask, serving

TOKEN = "m7Qe2xVt9LrZ4pWc8Yk1Hs6Nd3Bf5Gj0"
pytestmark = [pytest.mark.processes, sqlite_only]


@pytest.fixture
def measured(app, environ, tmp_path):
    """An environment with metrics, and a database that is ready."""
    return environ | {"METRICS_TOKEN": TOKEN, "STATE_DIRECTORY": str(tmp_path)}


def scrape(server):
    """{(name, labels): value}"""
    status, headers, text = ask(server.socket, "GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {key: float(value) for key, value in re.findall(r"^([^#\s].*) (\S+)$", text, re.MULTILINE)}


def requests(metrics):
    return sum(value for key, value in metrics.items() if key.startswith("http_requests_total"))


def test_metrics_of_all_workers_also_of_those_that_have_ended(measured, tmp_path):
    # Each worker ends after some requests.
    with serving(measured, tmp_path, "--workers=1", "--threads=2", "--max-requests=40") as server:
        for _ in range(100):
            ask(server.socket, "GET", "/")
        ask(server.socket, "GET", "/no/such/page")
        ask(server.socket, "BREW", "/")
        metrics = scrape(server)
        assert metrics['http_requests_total{method="GET",route="/",status="200"}'] == 100
        assert metrics['http_requests_total{method="any",route="none",status="404"}'] == 1
        assert metrics['http_requests_total{method="any",route="none",status="405"}'] == 1
        assert metrics['http_request_duration_seconds_count{route="/"}'] == 100
        assert metrics['http_request_duration_seconds_bucket{le="10.0",route="/"}'] == 100
        # A worker counts on in the file of the one that it replaces; two may have lived at the same moment.
        assert len(list((tmp_path / "metrics").glob("counter_*.db"))) <= 2
    # A new server goes on where the old one stopped.
    with serving(measured, tmp_path, "--workers=1") as server:
        assert requests(scrape(server)) > requests(metrics)


def test_without_the_token_there_is_no_such_page(measured, tmp_path):
    with serving(measured, tmp_path, "--workers=1") as server:
        for authorization in (None, "", "Bearer", "Bearer wrong", TOKEN, f"Bearer {TOKEN}x", f"Basic {TOKEN}"):
            headers = {} if authorization is None else {"Authorization": authorization}
            status, _, text = ask(server.socket, "GET", "/metrics", headers=headers)
            assert status == 404
            assert "http_requests" not in text


def test_without_a_token_in_the_configuration_there_are_none(measured, tmp_path):
    del measured["METRICS_TOKEN"]
    with serving(measured, tmp_path, "--workers=1") as server:
        assert ask(server.socket, "GET", "/metrics", headers={"Authorization": "Bearer None"})[0] == 404
    assert not (tmp_path / "metrics").exists()

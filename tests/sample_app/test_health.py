import time

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from shortener.database import BUSY_SECONDS

from .conftest import sqlite_only


def unready(app, caplog):
    """See that this app is not ready, says so at once, and explains it in the log alone."""
    started = time.monotonic()
    answer = app.test_client().get("/readyz")
    assert time.monotonic() - started < BUSY_SECONDS
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    assert "not ready" in caplog.text
    assert app.test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize(("path", "word"), [("/healthz", "ok\n"), ("/readyz", "ready\n")])
def test_well(visitor, path, word):
    for host in ("short.example", "unix", "10.0.0.1:8000"):
        answer = visitor.get(path, base_url=f"http://{host}")
        assert (answer.status_code, answer.text) == (200, word)
        assert "Set-Cookie" not in answer.headers


def test_database_that_was_never_migrated(unmigrated, caplog):
    unready(unmigrated, caplog)


def test_database_that_is_behind(unmigrated, caplog):
    with unmigrated.app_context():
        upgrade(revision="0001")
    unready(unmigrated, caplog)


def test_database_that_a_later_release_has_migrated_already(app):
    with app.extensions["engine"].begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert app.test_client().get("/readyz").status_code == 200


@sqlite_only
def test_database_that_is_no_database(unmigrated, tmp_path, caplog):
    (tmp_path / "links.db").write_bytes(b"this is not a database" * 1000)
    unready(unmigrated, caplog)


@sqlite_only
def test_database_whose_folder_went_away(app, tmp_path, caplog):
    app.extensions["engine"].dispose()
    tmp_path.rename(f"{tmp_path}-gone")
    unready(app, caplog)
    tmp_path.with_name(f"{tmp_path.name}-gone").rename(tmp_path)

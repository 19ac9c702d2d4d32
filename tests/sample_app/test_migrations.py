import os
import shutil
import subprocess
import sys

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from .conftest import SOURCE

TABLES = {"link", "user", "token", "rate", "alembic_version"}
HALF_BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "0002"


def upgrade():
    op.add_column("link", sa.Column("note", sa.String(10)))
    op.execute("this is not SQL")
"""


def tables(app):
    return set(inspect(app.extensions["engine"]).get_table_names())


def columns(app, table):
    return {column["name"] for column in inspect(app.extensions["engine"]).get_columns(table)}


def execute(app, statement):
    with app.extensions["engine"].begin() as connection:
        result = connection.execute(text(statement))
        return result.fetchall() if result.returns_rows else None


def test_up_and_down_and_up_again(unmigrated):
    with unmigrated.app_context():
        upgrade()
        assert tables(unmigrated) == TABLES
        downgrade(revision="base")
        assert tables(unmigrated) == {"alembic_version"}
        upgrade()
    assert unmigrated.test_client().get("/readyz").status_code == 200


def test_links_survive_the_way_up_and_down(unmigrated):
    app = unmigrated
    with app.app_context():
        upgrade(revision="0001")
        execute(app, "INSERT INTO link (code, target, hits) VALUES ('old', 'https://example.com/', 7)")
        upgrade()
    visitor = app.test_client()
    assert visitor.get("/old").location == "https://example.com/"
    assert visitor.visits("old") == 8
    # The release before is still serving, and does not know of the new columns.
    execute(app, "INSERT INTO link (code, target) VALUES ('during', 'https://example.com/during')")
    assert visitor.get("/during").status_code == 302
    assert visitor.visits("during") == 1
    app.test_client().register("alice").shorten("https://example.com/", alias="my-own")
    with app.app_context():
        downgrade(revision="0001")
    assert execute(app, "SELECT code, hits FROM link ORDER BY code") == [("during", 1), ("old", 8)]
    assert tables(app) == {"link", "alembic_version"}
    assert columns(app, "link") == {"id", "code", "target", "hits", "created_at"}


def test_migrations_make_what_the_models_say(app):
    result = app.test_cli_runner().invoke(args=["db", "check"])
    assert result.exit_code == 0, result.output


def test_a_migration_that_fails_changes_nothing(app, tmp_path):
    shutil.copytree(SOURCE / "shortener" / "migrations", tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "9999_half_broken.py").write_text(HALF_BROKEN)
    with app.app_context(), pytest.raises(DBAPIError, match="this is not SQL"):
        upgrade(directory=str(tmp_path / "migrations"))
    assert "note" not in columns(app, "link")
    assert execute(app, "SELECT version_num FROM alembic_version") == [("0002",)]


@pytest.mark.processes
def test_release_command_twice_at_once(environ):
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ}
    command = [sys.executable, "-m", "flask", "--app", "shortener", "db", "upgrade"]
    running = [
        subprocess.Popen(command, cwd=SOURCE, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert "".join(outputs).count("Running upgrade  -> 0001") == 1

import os
import shutil
import subprocess
import sys

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from .conftest import SOURCE

HALF_BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("link", sa.Column("note", sa.String(10)))
    op.execute("this is not SQL")
"""


def tables(app):
    return set(inspect(app.extensions["engine"]).get_table_names())


def test_up_and_down_and_up_again(unmigrated):
    with unmigrated.app_context():
        upgrade()
        assert tables(unmigrated) == {"link", "alembic_version"}
        downgrade(revision="base")
        assert tables(unmigrated) == {"alembic_version"}
        upgrade()
    assert unmigrated.test_client().get("/healthz").status_code == 200


def test_migrations_make_what_the_models_say(app):
    assert app.test_cli_runner().invoke(args=["db", "check"]).exit_code == 0


def test_a_migration_that_fails_changes_nothing(app, tmp_path):
    shutil.copytree(SOURCE / "shortener" / "migrations", tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "0002_half_broken.py").write_text(HALF_BROKEN)
    with app.app_context(), pytest.raises(OperationalError, match="this is not SQL"):
        upgrade(directory=str(tmp_path / "migrations"))
    columns = {column["name"] for column in inspect(app.extensions["engine"]).get_columns("link")}
    assert columns == {"id", "code", "target", "hits", "created_at"}


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

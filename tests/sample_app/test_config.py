import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shortener import config, create_app

from .conftest import SOURCE, sqlite_only

pytestmark = sqlite_only

GOOD_KEY = "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a9c0b2d4f6e"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SECRET_KEY", None, "SECRET_KEY is not set"),
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("SECRET_KEY", "dev", "SECRET_KEY has 3 characters"),
        ("SECRET_KEY", "dev-secret-change-in-production", "SECRET_KEY has 31 characters"),
        ("SECRET_KEY", "changeme-changeme-changeme-changeme", "SECRET_KEY is a placeholder"),
        ("SECRET_KEY", "Please-CHANGE_ME-0123456789-abcdefghi", "SECRET_KEY is a placeholder"),
        ("SECRET_KEY", "your-very-own-secret-key-goes-in-here", "SECRET_KEY is a placeholder"),
        ("SECRET_KEY", "x" * 64, "SECRET_KEY is a placeholder"),
        ("DATABASE_URL", None, "DATABASE_URL is not set"),
        ("DATABASE_URL", "hunter2", "DATABASE_URL is not a database URL"),
        ("DATABASE_URL", "mysql://me:hunter2@db/links", "names neither PostgreSQL nor a file"),
        ("DATABASE_URL", "postgresql://me:hunter2@db:port/links", "DATABASE_URL is not a database URL"),
        ("DATABASE_URL", "sqlite://", "names neither PostgreSQL nor a file"),
        ("DATABASE_URL", "sqlite:///links.db", "nor a file by its absolute path"),
        ("DATABASE_URL", "sqlite:////not/there/links.db", "the folder /not/there is not there"),
        ("REDIS_URL", "hunter2@redis", "REDIS_URL is not a Redis URL"),
        ("LIMIT_CREATE", "often", "LIMIT_CREATE is 'often'"),
        ("LIMIT_LOGIN", "10", "LIMIT_LOGIN is '10'"),
        ("PRIVATE_TARGETS", "yes", "PRIVATE_TARGETS is 'yes'"),
        ("METRICS_TOKEN", "hunter2", "METRICS_TOKEN has 7 characters"),
        ("METRICS_TOKEN", GOOD_KEY, "set PROMETHEUS_MULTIPROC_DIR to a folder"),
    ],
)
def test_unfit_environment_is_refused_in_one_line(environ, capsys, name, value, reason):
    environ.pop(name, None)
    if value is not None:
        environ[name] = value
    with pytest.raises(SystemExit) as refusal:
        create_app(environ)
    assert refusal.value.code == 3
    line, rest = capsys.readouterr().err.split("\n", 1)
    assert line.startswith("shortener: will not start: ")
    assert reason in line
    assert rest == ""
    if name == "SECRET_KEY" and value:
        assert value not in line
    assert "hunter2" not in line


@pytest.mark.usefixtures("database_url")
def test_every_setting_is_documented():
    read = set(re.findall(r'environ\.get\("([A-Z_]+)"', Path(config.__file__).read_text())) - {"STATE_DIRECTORY"}
    assert len(read) == 9
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", (SOURCE / "README.md").read_text(), re.MULTILINE)) == read


def test_metrics_need_a_folder(environ, tmp_path):
    environ["METRICS_TOKEN"] = GOOD_KEY
    read = config.from_environment
    folder = read(environ | {"STATE_DIRECTORY": f"{tmp_path}/a:/b"})["METRICS_FOLDER"]
    assert folder == f"{tmp_path}/a/metrics"
    assert os.path.isdir(folder)
    with pytest.raises(config.ConfigurationError, match="/proc/none: No such file"):
        read(environ | {"PROMETHEUS_MULTIPROC_DIR": "/proc/none"})
    del environ["METRICS_TOKEN"]
    assert read(environ)["METRICS_FOLDER"] is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_by_any_of_its_names(environ, scheme):
    url = config.from_environment(environ | {"DATABASE_URL": f"{scheme}://me:hunter2@db/links"})["DATABASE_URL"]
    assert url.drivername == "postgresql+psycopg"
    assert "hunter2" not in repr(url)


def test_debug_mode_is_refused(environ, monkeypatch, capsys):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(SystemExit):
        create_app(environ)
    assert "debug mode is on" in capsys.readouterr().err


def test_two_apps_share_nothing(environ, tmp_path):
    first = create_app(environ)
    second = create_app(environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"})
    assert first.extensions["engine"].url != second.extensions["engine"].url


@pytest.mark.parametrize(
    "command",
    [
        ["flask", "--app", "shortener", "db", "upgrade"],
        ["flask", "--app", "shortener", "--debug", "run"],
        ["gunicorn", "--no-control-socket", "--workers=1", "--bind=unix:{folder}/s", "shortener:create_app()"],
    ],
    ids=["release command", "flask run --debug", "gunicorn"],
)
@pytest.mark.processes
def test_real_processes_end_with_status_3_and_no_traceback(environ, tmp_path, command):
    if "--debug" not in command:
        environ["SECRET_KEY"] = "changeme"
    argv = [word.format(folder=tmp_path) for word in command]
    ended = subprocess.run(
        [sys.executable, "-m", *argv],
        cwd=SOURCE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 3
    assert ended.stderr.count("shortener: will not start: ") == 1
    assert "Traceback" not in ended.stderr

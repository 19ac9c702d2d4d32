"""The environment of an app: names and values refused, and env files that are safe to use."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.test_settings import app, refusal
from windlass.errors import InventoryError

DEBUGGER = "the debugger lets any visitor run code on the host"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("FLASK_DEBUG", True, f"FLASK_DEBUG=true would start the app in debug mode: {DEBUGGER}"),
        ("FLASK_DEBUG", "1", f"FLASK_DEBUG=1 would start the app in debug mode: {DEBUGGER}"),
        ("SHOP_DEBUG", "yes", f"SHOP_DEBUG=yes would start the app in debug mode: {DEBUGGER}"),
        ("debug", "on", f"debug=on would start the app in debug mode: {DEBUGGER}"),
        (
            "FLASK_ENV",
            "development",
            f"FLASK_ENV=development would start the app in debug mode: {DEBUGGER}; leave it out or say production",
        ),
        ("WERKZEUG_DEBUG_PIN", "off", f"WERKZEUG_DEBUG_PIN belongs to the debugger, and {DEBUGGER}"),
        *(
            (name, "x", f"{name} is set by systemd, Gunicorn or the loader: changing it breaks or hijacks the process")
            for name in ("LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "PYTHONHOME", "GUNICORN_CMD_ARGS")
        ),
        *(
            (name, "x", f"{name} looks like a secret, and the inventory is committed: put it into the app's env_file")
            for name in ("SECRET_KEY", "DB_PASSWORD", "API_TOKEN", "STRIPE_API_KEY", "AWS_SECRET_ACCESS_KEY")
        ),
        (
            "DATABASE_URL",
            "postgresql://shop:pw@db/shop",
            "DATABASE_URL looks like a secret, and the inventory is committed: put it into the app's env_file",
        ),
        ("A B", "x", "'A B' is not a name of an environment variable (letters, digits and _)"),
        ("A", "x\ny", "the value of A must be one line without control characters"),
        ("A", 1.5, "YAML does not read the value of A as text: put it in quotes"),
        ("A", None, "YAML does not read the value of A as text: put it in quotes"),
    ],
)
def test_refused(name: str, value: Any, message: str) -> None:
    assert refusal(env={name: value}) == f"env: {message}"


def test_all_refusals_at_once() -> None:
    assert refusal(env={"DEBUG": 1, "PATH": "x", "A": None}).count(";") == 2


def test_accepted() -> None:
    env = {"PORT": 8000, "CACHE": True, "DEBUG": 0, "FLASK_ENV": "production", "PASSWORD_MIN_LENGTH": 12, "lower": ""}
    assert app(env={**env, "DATABASE_URL": "sqlite:////var/lib/shop/shop.db"}).environment() == {
        "PORT": "8000",
        "CACHE": "true",
        "DEBUG": "0",
        "FLASK_ENV": "production",
        "PASSWORD_MIN_LENGTH": "12",
        "lower": "",
        "DATABASE_URL": "sqlite:////var/lib/shop/shop.db",
    }


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop.env"
    path.touch(mode=0o600)
    return path


def complaint(env_file: Path, **settings: Any) -> str:
    found = app(env_file=str(env_file), **settings)
    with pytest.raises(InventoryError) as raised:
        found.environment()
    return str(raised.value)


def test_an_env_file_is_read_as_dotenv(env_file: Path) -> None:
    env_file.write_text(
        """
# a comment
SECRET_KEY=abc#def
export QUOTED="two words" # a comment
SINGLE='$HOME ${HOME} \\n'
EMPTY=
URL=postgresql://u:p@h/d?x=1
SHARED=from file
"""
    )
    assert app(env_file=str(env_file), env={"SHARED": "from env"}).environment() == {
        "SECRET_KEY": "abc#def",
        "QUOTED": "two words",
        "SINGLE": "$HOME ${HOME} \\n",
        "EMPTY": "",
        "URL": "postgresql://u:p@h/d?x=1",
        "SHARED": "from env",
    }


def test_values_of_an_env_file_show_nowhere(env_file: Path) -> None:
    env_file.write_text("SECRET_KEY=hidden\n")
    found = app(env_file=str(env_file))
    assert found.environment() == {"SECRET_KEY": "hidden"}
    assert "hidden" not in repr(found)
    assert "hidden" not in found.model_dump_json()


def test_a_missing_env_file(env_file: Path) -> None:
    env_file.unlink()
    assert complaint(env_file) == (
        "shop.env: env_file does not exist\n"
        "  create it: install -m 600 /dev/null shop.env, then one NAME=value per line"
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_an_env_file_that_others_can_read(env_file: Path, mode: int) -> None:
    env_file.chmod(mode)
    assert complaint(env_file) == f"shop.env: mode {mode:04o} lets others read the secrets\n  chmod 600 shop.env"


def test_an_env_file_that_git_tracks(env_file: Path, tmp_path: Path) -> None:
    env_file.write_text("SECRET_KEY=hidden\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert app(env_file=str(env_file)).environment() == {"SECRET_KEY": "hidden"}
    subprocess.run(["git", "add", "-f", "shop.env"], cwd=tmp_path, check=True)
    assert complaint(env_file) == (
        "shop.env: git tracks this file of secrets\n"
        "  git rm --cached shop.env && echo 'shop.env' >> .gitignore; then change the secrets"
    )


def test_every_bad_line_of_an_env_file_is_told_without_its_value(env_file: Path) -> None:
    env_file.write_text('\nA=1\nA=hidden\nnonsense hidden\nB\nPATH=hidden\nFLASK_DEBUG=1\n\nC="hidden\nhidden"\n')
    assert complaint(env_file).splitlines() == [
        "shop.env:3: A is set twice",
        "shop.env:4: this is not NAME=value",
        "shop.env:5: this is not NAME=value",
        "shop.env:6: PATH is set by systemd, Gunicorn or the loader: changing it breaks or hijacks the process",
        f"shop.env:7: FLASK_DEBUG=1 would start the app in debug mode: {DEBUGGER}",
        "shop.env:9: the value of C must be one line without control characters",
    ]


@pytest.mark.parametrize(
    "value", ["", "changeme", "CHANGE_ME", "change-this-please", "<secret>", "your-secret-key", "xxx", "TODO"]
)
def test_required_variables(env_file: Path, value: str) -> None:
    env_file.write_text(f"SECRET_KEY={value}\n")
    assert complaint(env_file, required_env=["SECRET_KEY", "MAIL_TOKEN"]).splitlines() == [
        "shop.env: SECRET_KEY is still a placeholder; give it its real value",
        "shop.env: MAIL_TOKEN is missing, and required_env asks for it",
    ]


def test_required_variables_may_come_from_env(env_file: Path) -> None:
    env_file.write_text("SECRET_KEY=changes-of-the-moon-9f8e\n")
    found = app(env_file=str(env_file), env={"MAIL_FROM": "a@b"}, required_env=["SECRET_KEY", "MAIL_FROM"])
    assert set(found.environment()) == {"SECRET_KEY", "MAIL_FROM"}
    with pytest.raises(InventoryError, match=r"^env: X is missing, and required_env asks for it$"):
        app(required_env=["X"]).environment()

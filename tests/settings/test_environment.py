"""The environment of an app: names and values refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.settings.test_settings import app, refusal
from windlass.settings.environment import LONGEST, fault_of_value, is_placeholder, is_secret_value

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
            (
                name,
                "x",
                (
                    f"{name} is set by systemd, Gunicorn or the loader: changing it breaks or hijacks the process"
                    f" (if you mean it: allow_env: [{name}])"
                ),
            )
            for name in ("LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "PYTHONHOME", "GUNICORN_CMD_ARGS")
        ),
        *(
            (
                name,
                "x",
                f"{name} looks like a secret, and the inventory is committed: ./deploy.py secrets set {name}",
            )
            for name in (
                "SECRET_KEY",
                "DB_PASSWORD",
                "API_TOKEN",
                "STRIPE_API_KEY",
                "AWS_SECRET_ACCESS_KEY",
                "STRIPE_KEY",
            )
        ),
        (
            "DATABASE_URL",
            "postgresql://shop:pw@db/shop",
            "DATABASE_URL looks like a secret, and the inventory is committed: ./deploy.py secrets set DATABASE_URL",
        ),
        ("A B", "x", "'A B' is not a name of an environment variable (letters, digits and _)"),
        ("A", "x\0y", "the value of A has a NUL character in it, which no environment variable can carry"),
        ("A", 1.5, "YAML does not read the value of A as text: put it in quotes"),
        ("A", None, "YAML does not read the value of A as text: put it in quotes"),
    ],
)
def test_refused(name: str, value: Any, message: str) -> None:
    assert refusal(env={name: value}) == f"env: {message}"


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_abc", "AKIAIOSFODNN7EXAMPLE", "ghp_abc", "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----", "postgres://u:pw@h/x", "redis://:pw@h", "use amqp://u:pw@h",
        "$6$salt$hash", "$2b$12$abc", "eyJhbGciOiJIUzI1.eyJzdWIi", "AGE-SECRET-KEY-1ABC", "LS0tLS1CRUdJTiBPUEVOU1NI",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----",
        "https://hooks.slack.com/services/T0/B0/x",
    ],
)  # fmt: skip
def test_values_that_are_secret_whatever_their_name(value: str) -> None:
    assert refusal(env={"A": value}).startswith("env: A looks like a secret")


@pytest.mark.parametrize(
    "value",
    ["-----BEGIN CERTIFICATE-----", "AKIAPURA", "https://a.test:80/@me", "pk_live_x", "ghp", "$6", "eyJ"],
)
def test_values_that_are_no_secrets(value: str) -> None:
    assert not is_secret_value(value)


def test_all_refusals_at_once() -> None:
    assert refusal(env={"DEBUG": 1, "PATH": "x", "A": None}).count(";") == 2


def test_accepted() -> None:
    env = {"PORT": 8000, "CACHE": True, "DEBUG": 0, "FLASK_ENV": "production", "PASSWORD_MIN_LENGTH": 12, "lower": ""}
    assert app(env={**env, "DATABASE_URL": "sqlite:////var/lib/shop/shop.db"}).env == {
        "PORT": "8000",
        "CACHE": "true",
        "DEBUG": "0",
        "FLASK_ENV": "production",
        "PASSWORD_MIN_LENGTH": "12",
        "lower": "",
        "DATABASE_URL": "sqlite:////var/lib/shop/shop.db",
    }


def test_a_name_that_is_allowed() -> None:
    preload = {"LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"}
    found = app(allow_env=["LD_PRELOAD"], env=preload, required_env=["LD_PRELOAD"])
    assert found.env == preload
    assert refusal(allow_env=["LD PRELOAD"]).startswith("allow_env: 'LD PRELOAD' is not a name")
    assert "PATH is set by systemd" in refusal(allow_env=["LD_PRELOAD"], required_env=["PATH"])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("hidden\0", "has a NUL character in it"),
        ("hidden\ud800", "has U+D800 in it"),
        ("hidden\ufffe", "has U+FFFE in it"),
        ("hidden\ufdd0", "has U+FDD0 in it"),
        ("hidden\U0010ffff", "has U+10FFFF in it"),
        ("x" * (LONGEST - 2), f"NAME=value takes {LONGEST + 1} bytes"),
        ("\N{SNOWMAN}" * (LONGEST // 3), f"NAME=value takes {LONGEST // 3 * 3 + 3} bytes"),
    ],
)
def test_values_that_cannot_be_carried(value: str, reason: str) -> None:
    fault = fault_of_value("A", value)
    assert fault
    assert reason in fault
    assert "hidden" not in fault


def test_values_that_can_be_carried() -> None:
    for value in ("x" * (LONGEST - 3), "two\nlines\r\n", "\x01\x1b\x7f\x80\ufeff", "\U0001f600 100% $HOME \\ \"' "):
        assert fault_of_value("A", value) is None


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "changeme", "CHANGE_ME", "changeme123", "change-this-please", "<secret>", "your-secret-key", "xxx",
        "TODO", "dev", "secret", "Secret!", "my-secret-key", "super secret key", "a secret", "this is a secret",
        "dev-secret-change-in-production", "this-should-be-changed", "hard to guess string", "you-will-never-guess",
        "django-insecure-8x!k2", "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    ],
)  # fmt: skip
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["changes-of-the-moon-9f8e", "dev-team@example.com", "secretary", "a", "k3yN0tGu3ss3d"]
)
def test_no_placeholders(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    "source", [{}, {"command": "pass x", "env": "X"}, {"command": "pass x", "timeout": 0}, {"cmd": "pass x"}, "pass x"]
)
def test_sources_of_secrets_refused(source: Any) -> None:
    with pytest.raises(ValidationError):
        app(secrets={"KEY": source})


def test_a_source_for_a_name_that_is_refused() -> None:
    assert "PATH is set by systemd" in refusal(secrets={"PATH": {"env": "P"}})

"""Which environments mean a database that several hosts share."""

from __future__ import annotations

import pytest

from windlass.settings.database import shared


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://app:secret@db.example.com/app",
        "postgresql+psycopg://app@10.0.0.5:5432/app?sslmode=require",
        "postgres://db/app",
        "mysql+pymysql://app@[2001:db8::1]/app",
        "mongodb://a.example.com/app",
    ],
)
def test_a_server_elsewhere_is_shared(value: str) -> None:
    assert len(shared(["x", value])) == 1


@pytest.mark.parametrize(
    "value",
    [
        "sqlite:////var/lib/app/app.db",
        "postgresql:///app",
        "postgresql://app@localhost/app",
        "postgresql://app@127.0.0.1:5432/app",
        "mysql://app@[::1]/app",
        "postgresql:///app?host=/run/postgresql",
        "https://db.example.com/",
        "redis://cache.example.com",
        "postgresql://[broken",
        "",
    ],
)
def test_what_is_on_the_host_or_no_database_is_not(value: str) -> None:
    assert shared([value]) == ()


def test_one_database_has_one_name_whoever_logs_in() -> None:
    one, other = "postgresql://app:secret@db.example.com/app", "postgresql+psycopg://admin@db.example.com/app?x=1"
    assert shared([one, other]) == shared([other]) == ("db.example.com:/app",)
    assert shared([one, f"{one}2"]) == ("db.example.com:/app", "db.example.com:/app2")

"""Which host runs a release command for others: it depends on what the apps' environments say, secrets included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from windlass.host import Connect, Host
from windlass.plan import Roles
from windlass.secrets.secret import Secret
from windlass.settings import Settings

TESTS = Path(__file__).parent


def leaders(*urls: str, tags: frozenset[str] | None = None, **app: Any) -> set[str]:
    """The leaders of hosts whose app has these DATABASE_URLs as a secret."""
    minimal = {"source": "apps/notes", "wsgi": "notes:create_app()", "domains": ["a.test"]}
    app = {**minimal, "release_command": "true", **app}
    settings = Settings.model_validate({"apps": {"notes": app}}, context={"project": TESTS})
    hosts = []
    for number, url in enumerate(urls, 1):
        sealed = {"DATABASE_URL": Secret(url, "all.yml.age:1")}
        hosts.append(
            Host(f"h{number}", [], Connect("x"), settings, {}, secrets=lambda _, sealed=sealed: sealed)  # type: ignore[misc]
        )
    plan = Roles(project=TESTS, tags=tags)
    assert plan.heed(hosts) == []
    plan.prepare(hosts)
    return plan.leaders()


def test_the_first_of_those_that_share_a_database_leads() -> None:
    one, other = "postgresql://a:b@db1.test/a", "postgresql://a:b@db2.test/a"
    assert leaders(one, one, one) == {"h1"}
    assert leaders(one, other) == set()
    assert leaders(one, other, other) == {"h2"}
    assert leaders("sqlite:////x.db", "sqlite:////x.db") == set()


def test_what_the_settings_say_counts_first() -> None:
    one = "postgresql://a:b@db1.test/a"
    assert leaders(one, one, run_once=False) == set()
    assert leaders("x", "x", run_once=True) == {"h1"}
    assert leaders(one, one, release_command=None) == set()
    assert leaders(one, one, tags=frozenset({"nginx"})) == set()

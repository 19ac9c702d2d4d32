"""What a run is about: the apps, who runs the release command for others, which release each host goes back to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from windlass.agent.resources import Release, Rollback
from windlass.errors import SourceError, UsageError
from windlass.host import Connect, Facts, Host
from windlass.run.plan import Plan, Roles, Rollbacks
from windlass.settings import Settings
from windlass.settings.secret import Secret

REMOTE, LOCAL = "postgresql://app@db.example.com/app", "sqlite:////var/lib/app/app.db"
FACTS = Facts("debian", "12", "bookworm", "x86_64", "3.11", 2, 2**31, ["192.0.2.1"], False, "h", True, "6.1")
ALL = frozenset({"release"})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("flask\n")
    (tmp_path / "app/app.py").write_text("app = None\n")
    return tmp_path


def hosts(project: Path, *urls: str, **settings: Any) -> list[Host]:
    """Hosts h1, h2, ... with one app, whose database is at these URLs."""
    found = []
    for number, url in enumerate(urls, 1):
        app = {
            "source": "app",
            "wsgi": "app:app",
            "domains": ["app.example.com"],
            "release_command": "flask db upgrade",
            "env": {"DATABASE_URL": url},
            **settings,
        }
        known = Settings.model_validate({"apps": {"app": app}}, context={"project": project})
        found.append(Host(f"h{number}", [], Connect("192.0.2.1"), known, {}, FACTS))
    return found


def test_what_is_told_of_a_source_is_told_once(project: Path) -> None:
    """By name, no value; of all its hosts together."""
    (project / "app/app.py").write_text('app = None\nSECRET_KEY = "dev"\n')
    (project / "app/shop.db").touch()
    (project / "app/.env").write_text("DATABASE_URL=hidden\nSENTRY_DSN=hidden\n")
    left_out = (
        "app app: app: left out, as this machine's own: shop.db"
        " (`!/shop.db` in .deployignore sends it, no word of those that it names)"
    )
    weak = (
        "app app: app/app.py:2: SECRET_KEY is one that everybody knows: let the code read os.environ['SECRET_KEY'], and"
    )
    lacking = f"app app: {project}/app/.env stays here, and sets what the app lacks on the host:"
    assert Roles(project=project).heed(hosts(project, LOCAL, LOCAL)) == [
        left_out,
        f"{weak} ./deploy.py secrets generate SECRET_KEY --app app",
        f"{lacking}\n  env: {{SENTRY_DSN: ...}}",
    ]
    assert Roles(project=project, tags=frozenset({"nginx"})).heed(hosts(project, LOCAL)) == [left_out]


def led(plan: Roles, host: Host) -> bool:
    """Whether another host runs the release command for it."""
    (release,) = [entry.resource for entry in plan.entries(host) if isinstance(entry.resource, Release)]
    return release.elsewhere


@pytest.mark.parametrize(
    ("urls", "settings", "leaders", "followers"),
    [
        ([REMOTE, REMOTE, REMOTE], {}, {"h1"}, {"h2", "h3"}),
        ([LOCAL, LOCAL], {}, set(), set()),
        ([REMOTE], {}, set(), set()),
        ([REMOTE, REMOTE], {"run_once": False}, set(), set()),
        ([LOCAL, LOCAL], {"run_once": True}, {"h1"}, {"h2"}),
        ([REMOTE, REMOTE], {"release_command": None}, set(), set()),
        # Two databases, each with its own migrations.
        ([REMOTE, f"{REMOTE}2", REMOTE, f"{REMOTE}2"], {}, {"h1", "h2"}, {"h3", "h4"}),
        ([LOCAL, REMOTE, REMOTE], {}, {"h2"}, {"h3"}),
    ],
)
def test_one_host_runs_the_release_command_for_those_with_the_same_database(
    project: Path, urls: list[str], settings: dict[str, Any], leaders: set[str], followers: set[str]
) -> None:
    plan = Roles(project=project, tags=ALL)
    chosen = hosts(project, *urls, **settings)
    plan.prepare(chosen)
    assert plan.leaders() == leaders
    assert {host.name for host in chosen if led(plan, host)} == followers


def test_a_database_that_only_a_secret_names_counts_too(project: Path) -> None:
    chosen = hosts(project, LOCAL, LOCAL, LOCAL, env={})
    for host, url in zip(chosen, (LOCAL, REMOTE, REMOTE), strict=True):
        host.secrets = {"app": {"DATABASE_URL": Secret(url, "all.yml.age:1")}}.__getitem__
    plan = Roles(project=project, tags=ALL)
    assert plan.heed(chosen) == []
    plan.prepare(chosen)
    assert plan.leaders() == {"h2"}


def test_without_releases_nobody_leads(project: Path) -> None:
    plan = Roles(project=project, tags=frozenset({"base"}))
    plan.prepare(hosts(project, REMOTE, REMOTE))
    assert plan.leaders() == set()


def test_an_environment_file_that_differs_is_another_database(project: Path) -> None:
    chosen = []
    for name, url in (("one", REMOTE), ("two", f"{REMOTE}2")):
        (project / f"{name}.env").write_text(f"DATABASE_URL={url}\n")
        (project / f"{name}.env").chmod(0o600)
        chosen += hosts(project, LOCAL, env={}, env_file=f"{name}.env")
    plan = Roles(project=project, tags=ALL)
    plan.prepare(chosen)
    assert plan.leaders() == set()


def test_code_that_cannot_be_had_is_refused_without_a_connection(project: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        Roles(project=project).prepare(hosts(project, LOCAL, source="nowhere"))


def test_an_app_that_is_not_there_is_refused(project: Path) -> None:
    with pytest.raises(UsageError, match="there is no app 'ap' on h1"):
        Plan("ap").prepare(hosts(project, LOCAL))


def test_rollbacks_name_one_release_or_one_for_each_host(project: Path) -> None:
    one, two = hosts(project, LOCAL, LOCAL)

    def targets(plan: Rollbacks, host: Host) -> list[str]:
        return [entry.resource.to for entry in plan.entries(host) if isinstance(entry.resource, Rollback)]

    assert targets(Rollbacks(), one) == [""]
    assert targets(Rollbacks(to="2026"), one) == ["2026"]
    plan = Rollbacks(to={"h1": {"app": "a"}, "h2": {"other": "b"}})
    assert (targets(plan, one), targets(plan, two)) == (["a"], [])


def test_a_rollback_of_several_apps_names_one(project: Path) -> None:
    (host,) = hosts(project, LOCAL)
    app = host.settings.apps["app"]
    host.settings = host.settings.model_copy(update={"apps": {"app": app, "other": app}})
    with pytest.raises(UsageError, match="h1 has the apps app and other\n  Name one of them with --app"):
        Rollbacks().prepare([host])
    Rollbacks("app").prepare([host])
    Rollbacks(to={"h1": {"app": "a", "other": "b"}}).prepare([host])

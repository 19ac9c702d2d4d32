"""`deploy.py init`."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.projects import inventory, project
from windlass.cli.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

    Init = Callable[..., tuple[int, str, str]]

APPS = Path(__file__).parents[2] / "apps"
GIVEN = Path(__file__).parents[3] / "inventory/hosts.yml"
HOST = ("--host", "www.example.com")


@pytest.fixture
def init(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Init:
    project(tmp_path, GIVEN.read_text())
    monkeypatch.setenv("HOME", str(tmp_path))

    def answer(app: str | Path, *arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(["--project", str(tmp_path), "init", str(APPS / app), *arguments])
        return (status, *capsys.readouterr())

    return answer


def hosts(folder: Path) -> str:
    """The inventory file as it is now."""
    return (folder / "inventory/hosts.yml").read_text()


def added(folder: Path) -> list[str]:
    """The lines behind those that the file had."""
    before = GIVEN.read_text()
    assert hosts(folder).startswith(before)
    return hosts(folder)[len(before) :].splitlines()


def test_lines_for_a_new_host_with_what_was_found(init: Init, tmp_path: Path) -> None:
    status, out, err = init("blog", *HOST)
    assert (status, err) == (0, "")
    wanted = f"""\
        www.example.com:
          ansible_user: root
          apps:
            blog:
              source: {APPS / "blog"}
              domains: [www.example.com]
              required_env: [SECRET_KEY]  # config.py:10
              data: [app.db, logs/]  # config.py:11, pages/__init__.py:27
              release_command: flask db upgrade  # migrations/env.py
              # found: wsgi blog:app (blog.py:3)
              # installed: what requirements.txt lists
              # it also reads, and does without: DATABASE_URL, MAIL_PORT, MAIL_SERVER
"""
    assert "\n".join(added(tmp_path)) + "\n" == wanted
    assert out == dedent("""\
        blog  11 files
          app           blog:app          blog.py:3
          packages      requirements.txt
          secret        SECRET_KEY        config.py:10
          writes        app.db            config.py:11
          writes        logs/             pages/__init__.py:27
          each release  flask db upgrade  migrations/env.py

        inventory/hosts.yml:21: 12 lines are added

        next:
          ./deploy.py secrets init
          ./deploy.py secrets generate SECRET_KEY --app blog
          ./deploy.py provision www.example.com
        """)
    found = inventory_of(tmp_path).settings.apps["blog"]
    assert found.wsgi is None  # what is found is found again
    assert found.data == ["app.db", "logs/"]


def inventory_of(folder: Path, host: str = "www.example.com"):
    """A host as the inventory has it now."""
    return inventory(folder, {}).hosts[host]


def test_a_second_time_changes_nothing(init: Init, tmp_path: Path) -> None:
    init("blog", *HOST)
    before = hosts(tmp_path)
    status, out, _ = init("blog", *HOST)
    assert status == 0
    assert out == (
        "blog is there already (inventory/hosts.yml:24:13): nothing is changed\n\n"
        "next:\n  ./deploy.py provision www.example.com\n"
    )
    assert hosts(tmp_path) == before


def test_check_only_shows(init: Init, tmp_path: Path) -> None:
    _, out, _ = init("widget", *HOST, "--check")
    assert "inventory/hosts.yml, below all.children.web.hosts:\n    www.example.com:\n      ansible_user: root\n" in out
    assert added(tmp_path) == []


@pytest.mark.parametrize("app", ["blog", "depot", "diary", "jobs", "portal", "single", "unguarded", "widget"])
def test_at_most_six_lines_an_app(init: Init, tmp_path: Path, app: str) -> None:
    assert init(app, *HOST)[0] == 0
    lines = [line for line in added(tmp_path)[4:] if not line.lstrip().startswith("#")]
    assert len(lines) <= 6


def test_a_command_that_empties_a_database_is_run_once_and_a_key_in_the_code_is_told(
    init: Init, tmp_path: Path
) -> None:
    _, out, _ = init("diary", *HOST)
    found = inventory_of(tmp_path).settings.apps["diary"]
    assert (found.setup_command, found.release_command) == ("flask init-db", None)
    assert "note  diary/__init__.py:10: the secret key is a text in the code; who reads it can sign in" in out


def test_an_app_in_a_subfolder(init: Init, tmp_path: Path) -> None:
    _, out, _ = init("portal", *HOST)
    found = inventory_of(tmp_path).settings.apps["portal"]
    assert found.subdirectory == "server"
    assert "in its folder server" in out


def test_a_second_app_goes_beside_the_first(init: Init, tmp_path: Path) -> None:
    init("blog", *HOST)
    assert init("widget", *HOST, "--domain", "widget.example.com")[0] == 0
    assert list(inventory_of(tmp_path).settings.apps) == ["blog", "widget"]


def test_the_words_of_a_new_host(init: Init, tmp_path: Path) -> None:
    status, _, _ = init(
        "widget", "--host", "web7", "--user", "admin", "--address", "192.0.2.7", "--port", "2222", "--group", "edge",
        "--domain", "a.example.com", "--domain", "b.example.com", "--name", "gadget",
    )  # fmt: skip
    host = inventory_of(tmp_path, "web7")
    assert status == 0
    assert (host.connect.user, host.connect.address, host.connect.port) == ("admin", "192.0.2.7", 2222)
    assert host.groups == ["all", "edge"]
    assert host.settings.apps["gadget"].domains == ["a.example.com", "b.example.com"]


def test_the_user_of_ssh_config_is_left_to_it(init: Init, tmp_path: Path) -> None:
    project(tmp_path, {".ssh/config": "Host www.example.com\n  User me\n"})
    init("widget", *HOST)
    assert "ansible_user" not in "\n".join(added(tmp_path))


def test_without_an_inventory_one_is_made(init: Init, tmp_path: Path) -> None:
    (tmp_path / "inventory/hosts.yml").unlink()
    assert init("widget", *HOST)[0] == 0
    assert inventory_of(tmp_path).groups == ["all", "web"]


def test_a_host_of_another_kind_of_file_gets_one_of_its_own(init: Init, tmp_path: Path) -> None:
    project(tmp_path, {"inventory/hosts.ini": "[db]\nold.example.com\n"})
    init("widget", "--host", "old.example.com")
    assert (tmp_path / "inventory/host_vars/old.example.com.yml").read_text().startswith("apps:\n  widget:\n")
    assert list(inventory_of(tmp_path, "old.example.com").settings.apps) == ["widget"]


def test_a_host_without_apps_keeps_what_it_has(init: Init, tmp_path: Path) -> None:
    project(tmp_path, "all:\n  hosts:\n    www.example.com:\n      timezone: UTC  # as all\n    other:\n")
    init("widget", *HOST)
    assert hosts(tmp_path).startswith(
        "all:\n  hosts:\n    www.example.com:\n      timezone: UTC  # as all\n      apps:\n"
    )
    assert hosts(tmp_path).endswith("\n    other:\n")


APP = "apps: {shop: {source: ../shop, wsgi: 'shop:app', domains: [www.example.com]}}"
SOURCE_IS = "SOURCE is the folder of an app's code, or a git URL (https://..., ssh://...)."
MISTAKES = [
    ("nowhere", (), f"nowhere: there is no such folder\n  {SOURCE_IS}"),
    ("single/app.py", (), "app.py: is no folder"),
    ("single", ("--name", "Shop!"), "--name: 'Shop!' is not an app name"),
    ("single", ("--name", "www-data"), "--name: 'www-data' is a name of the system itself"),
    ("single", ("--domain", "https://x"), "--domain: 'https://x' is not a domain: write the name alone"),
    ("single", ("--wsgi", "nothing:app"), "single: there is no file nothing.py, which --wsgi nothing:app asks for"),
]


@pytest.mark.parametrize(("app", "more", "message"), MISTAKES)
def test_mistakes(init: Init, tmp_path: Path, app: str, more: tuple[str, ...], message: str) -> None:
    status, _, err = init(app, *HOST, *more)
    assert status == 2
    assert message in err
    assert added(tmp_path) == []


def test_the_host_is_refused(init: Init, tmp_path: Path) -> None:
    assert init("single", "--host", "web1")[2] == (
        "error: 'web1' is no domain, so which one does the app answer to?\n  Give it: --domain www.example.com\n"
    )
    assert init("single", "--host", "web")[2] == "error: 'web' is a group\n  --host takes one host.\n"
    assert init("single", "--host", "a b")[0] == 2
    init("single", *HOST)
    assert init("widget", *HOST, "--user", "me")[2] == (
        "error: www.example.com is in the inventory already: --user would change it\n"
        "  Leave it out, or change it there.\n"
    )


def test_what_is_there_is_not_taken(init: Init, tmp_path: Path) -> None:
    init("blog", *HOST)
    assert init("widget", *HOST)[2] == (
        "error: www.example.com is a domain of the app blog of www.example.com\n  --domain names another one.\n"
    )
    place = "inventory/hosts.yml:24:13"
    assert init("widget", *HOST, "--name", "blog")[2] == (
        f"error: {place}: www.example.com has an app blog already, from {APPS / 'blog'}\n  --name gives another name.\n"
    )
    assert init("blog", *HOST, "--domain", "x.example.com")[2] == (
        f"error: {place}: blog is there already, with other domains\n  Change them there.\n"
    )


def test_apps_of_several_hosts_are_left_to_the_user(init: Init, tmp_path: Path) -> None:
    project(tmp_path, f"web:\n  hosts:\n    a.example.com:\n    b.example.com:\n  vars:\n    {APP}\n")
    assert init("widget", "--host", "a.example.com")[2] == (
        "error: inventory/hosts.yml:6:5: the apps of a.example.com are those of 2 hosts"
        " (a.example.com, b.example.com)\n"
        "  Write it there by hand, for all of them, or give the host `apps` of its own, with all its apps.\n"
    )


def test_lines_for_a_file_that_has_no_room_are_shown(init: Init, tmp_path: Path) -> None:
    project(tmp_path, f"all: {{hosts: {{www.example.com: {{{APP}}}}}}}\n")
    before = hosts(tmp_path)
    status, _, err = init("widget", *HOST, "--domain", "w.example.com")
    assert status == 2
    assert (
        "inventory/hosts.yml: lines cannot be added below all.hosts.www.example.com.apps: it is written in braces"
        in err
    )
    assert f"Add them by hand:\n    widget:\n      source: {APPS / 'widget'}\n" in err
    assert hosts(tmp_path) == before


def test_what_the_inventory_would_refuse_is_not_kept(init: Init, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    project(folder, {"app.py": (APPS / "single/app.py").read_text() + "\nimport os\nos.makedirs('in:valid name')\n"})
    assert init(folder, *HOST)[0] == 0  # a path that cannot be set is passed over


def test_several_apps_and_none(init: Init, tmp_path: Path) -> None:
    app = (APPS / "single/app.py").read_text()
    project(tmp_path / "two", {"one.py": app, "other.py": app})
    assert init(tmp_path / "two", *HOST)[2] == (
        f"error: {tmp_path}/two: there are several apps in it; choose one:\n"
        f"  --wsgi {'one:app':30} one.py:5\n  --wsgi {'other:app':30} other.py:5\n"
    )
    assert init(tmp_path / "two", *HOST, "--wsgi", "other:app")[0] == 0
    project(tmp_path / "none", {"words.py": "print(1)\n"})
    assert init(tmp_path / "none", "--host", "x.example.com")[2] == (
        f"error: {tmp_path}/none: no app is found in it: no Flask object, and no create_app() or make_app()\n"
        "  Is it the right folder? --wsgi MODULE:APP names any WSGI object.\n"
    )


@pytest.mark.parametrize(
    ("folder", "name"), [("My_Shop", "my-shop"), ("shop/backend", "shop"), ("2048", "app-2048"), ("shop/src", "shop")]
)
def test_the_name_is_that_of_the_folder(init: Init, tmp_path: Path, folder: str, name: str) -> None:
    project(tmp_path / folder, {"app.py": (APPS / "single/app.py").read_text()})
    init(tmp_path / folder, *HOST)
    assert list(inventory_of(tmp_path).settings.apps) == [name]


def test_a_name_that_cannot_be_made_is_asked_for(init: Init, tmp_path: Path) -> None:
    assert init("/", *HOST)[2].startswith("error: /: its name is none for an app\n  Give one: --name NAME.\n")


def test_what_is_in_the_env_file_of_the_source_is_told_by_name(init: Init, tmp_path: Path) -> None:
    folder = project(
        tmp_path / "letters", {"app.py": (APPS / "single/app.py").read_text(), ".env": "A=hidden\nFLASK_DEBUG=1\n"}
    )
    _, out, _ = init(folder, *HOST)
    assert (
        "  note  .env stays on this machine. What the app needs of A goes into its lines as `env: {NAME: value}`,\n"
        "        or is a secret: ./deploy.py secrets set NAME --app letters\n"
    ) in out
    assert "hidden" not in out + hosts(tmp_path)

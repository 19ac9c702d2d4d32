"""Variables from a command line, `-e`: above all others, checked as the inventory is, and no place for secrets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.commands import Commands
from windlass.errors import InventoryError, UsageError
from windlass.inventory import load

HOSTS = """
all:
  vars:
    version: v1
  children:
    web:
      hosts:
        web[1:2]:
      vars:
        timezone: Europe/Berlin
        apps:
          shop:
            source: https://example.com/shop.git
            ref: "{{ version }}"
            wsgi: "shop:app"
            domains: [shop.example.com]
    db:
      hosts: {db1: {}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/hosts.yml").write_text(HOSTS)
    return tmp_path


def refs(folder: Path, *extra: str) -> list[str | None]:
    hosts = load(folder / "inventory", extra).select(["web"])
    return [host.settings.apps["shop"].ref for host in hosts]


def test_a_variable_is_above_that_of_host_and_group(folder: Path) -> None:
    (folder / "inventory/host_vars").mkdir()
    (folder / "inventory/host_vars/web1.yml").write_text("timezone: Asia/Tokyo\n")
    inventory = load(folder / "inventory", ["timezone=America/Lima"])
    assert {host.settings.timezone for host in inventory.hosts.values()} == {"America/Lima"}


def test_a_variable_of_the_users_own_reaches_the_templates(folder: Path) -> None:
    assert refs(folder, "version=v2") == ["v2", "v2"]


def test_a_variable_may_be_known_from_the_command_line_alone(folder: Path) -> None:
    hosts = folder / "inventory/hosts.yml"
    hosts.write_text(HOSTS.replace("    version: v1\n", "    other: v1\n"))
    with pytest.raises(InventoryError, match="'version' is undefined"):
        refs(folder)
    assert refs(folder, "version=v3") == ["v3", "v3"]


def test_a_key_with_dots_sets_a_part_where_the_app_is(folder: Path) -> None:
    inventory = load(folder / "inventory", ["apps.shop.ref=v2", "apps.shop.gunicorn.workers=3"])
    shop = inventory.hosts["web2"].settings.apps["shop"]
    assert (shop.ref, shop.gunicorn.workers, shop.domains) == ("v2", 3, ["shop.example.com"])
    assert inventory.hosts["db1"].settings.apps == {}
    inventory.check_extra_vars(inventory.select(["all"]))


def test_hosts_that_shared_settings_go_on_sharing_them(folder: Path) -> None:
    hosts = load(folder / "inventory", ["apps.shop.ref=v2"]).hosts
    assert hosts["web1"].settings is hosts["web2"].settings


def test_a_mapping_that_is_not_there_is_made(folder: Path) -> None:
    assert load(folder / "inventory", ["tls.mode=off"]).hosts["db1"].settings.tls.mode == "off"


TEXTS = ["1.10", "0123456", "abc #def", "yes", "12:30", "null", "a: b", '"x"', "[x", "{x", "!x", "*x", " x ", ""]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_taken_as_it_is_typed(folder: Path, text: str) -> None:
    found = load(folder / "inventory", [f"apps.shop.env.A={text}", f"mine={text}", f"my.part={text}"]).hosts["web1"]
    assert found.settings.apps["shop"].env == {"A": text}
    assert found.variables["mine"] == found.variables["my"]["part"] == text


def test_settings_that_are_text_are_taken_as_they_are_typed(folder: Path) -> None:
    assert refs(folder, "apps.shop.ref=1.10") == refs(folder, "version=1.10") == ["1.10", "1.10"]
    command = 'sh -c "trap : TERM" # and more'
    shop = load(folder / "inventory", [f"apps.shop.release_command={command}"]).hosts["web1"].settings.apps["shop"]
    assert shop.release_command == command


def test_a_variable_of_ansibles_may_be_a_number_or_a_truth_value(folder: Path) -> None:
    host = load(folder / "inventory", ["ansible_port=2222", "ansible_become=no"]).hosts["web1"]
    assert (host.connect.port, host.connect.become) == (2222, False)


def test_a_number_of_the_users_own_is_text(folder: Path) -> None:
    with pytest.raises(InventoryError, match=r"'3' is text, not a whole number; a template makes one with \| int"):
        load(folder / "inventory", ["n=3", "apps.shop.watch={{ n }}"])
    shop = load(folder / "inventory", ["n=3", "apps.shop.watch={{ n | int }}"]).hosts["web1"].settings.apps["shop"]
    assert shop.watch == 3


def test_other_settings_are_read_as_yaml_and_the_last_one_counts(folder: Path) -> None:
    extra = ["updates.managed=no", "packages=[vim, git]", "x=1", "x=", "timezone=UTC", '{"serial": 2}']
    host = load(folder / "inventory", extra).hosts["db1"]
    assert host.settings.updates.managed is False
    assert host.settings.packages == ["vim", "git"]
    assert host.variables["x"] == ""
    assert host.settings.serial == "2"


def test_a_template_is_one_on_the_command_line_too(folder: Path) -> None:
    assert load(folder / "inventory", ["name={{ inventory_hostname }}!"]).hosts["db1"].variables["name"] == "db1!"


def test_a_file_of_variables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    Path("more.yml").write_text("version: v5\ntimezone: UTC\n")
    assert refs(folder, "@more.yml") == ["v5", "v5"]
    Path("more.yml").write_text("version: v5\ntimezone: Mars\n")
    with pytest.raises(InventoryError) as refused:
        refs(folder, "@more.yml")
    assert str(refused.value).startswith("more.yml:2:11: timezone: 'Mars' is not a time zone")


def test_a_file_with_a_secret_is_the_users_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    file = Path("more.yml")
    file.write_text("version: v5\ndb:\n  passwords: [canary]\n")
    for mode in (0o640, 0o604):
        file.chmod(mode)
        with pytest.raises(InventoryError) as refused:
            refs(folder, "@more.yml")
        said = "looks like a secret, and others can read this file: chmod 600 more.yml"
        assert str(refused.value) == f"more.yml:3:3: db.passwords {said}"
    file.chmod(0o600)
    assert refs(folder, "@more.yml") == ["v5", "v5"]


def test_where_the_secrets_of_an_app_are_is_no_secret(folder: Path) -> None:
    found = load(folder / "inventory", ["apps.shop.secrets.API_TOKEN.env=CI_TOKEN"])
    assert found.hosts["web1"].settings.apps["shop"].secrets["API_TOKEN"].env == "CI_TOKEN"


SECRET = "this looks like a secret, and others can see a command line:"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("version", "-e: 'version' is not KEY=VALUE (for example apps.shop.ref=v2) or @FILE"),
        ("=v2", "-e: '' is not KEY=VALUE (for example apps.shop.ref=v2) or @FILE"),
        ("a..b=c", "-e: 'a..b' is not KEY=VALUE (for example apps.shop.ref=v2) or @FILE"),
        ("timezon=UTC", "-e timezon: unknown setting 'timezon'; did you mean 'timezone'?"),
        (
            "timezon.x=UTC",
            "-e timezon.x: unknown setting 'timezon'; did you mean 'timezone'? A variable of your own needs",
        ),
        ("update.managed=no", "-e update.managed: unknown setting 'update'; did you mean 'updates'?"),
        ("app.shop.ref=v2", "-e app.shop.ref: unknown setting 'app'; did you mean 'apps'?"),
        ("serial=many", "-e serial: serial: 'many' is not "),
        ("timezone=[", "-e timezone: timezone: '[' is not a time zone such as Europe/Berlin"),
        ("packages=[", "-e packages: not valid YAML: did not find expected node content"),
        (
            "apps.shop.env={A: 0123}",
            "-e apps.shop.env: apps.shop.env.A: the value of A would not reach the app as it is written",
        ),
        ("timezone={{ nosuch }}", "-e timezone: 'nosuch' is undefined in '{{ nosuch }}'"),
        ("apps.shop.reff=v2", "-e apps.shop.reff: apps.shop.reff: unknown setting; did you mean 'ref'?"),
        (
            "apps.shop.gunicorn.workers=x",
            "-e apps.shop.gunicorn.workers: apps.shop.gunicorn.workers: 'x' is not a whole number",
        ),
        ("apps.shop.domains.0=x", "-e apps.shop.domains.0: apps.shop.domains is no mapping but a list: set it whole"),
        ("timezone.x=1", "-e timezone.x: timezone is no mapping but text: set it whole"),
        ("@nosuch.yml", "nosuch.yml: cannot be read: No such file or directory"),
        ("{version: [}", "-e:1:12: not valid YAML: did not find expected node content"),
        ("apps.shop.env.SECRET_KEY=canary", f"-e apps.shop.env.SECRET_KEY: {SECRET} put it into the app's env_file"),
        ("apps.shop.env.DB=postgres://me:canary@db/x", f"-e apps.shop.env.DB: {SECRET} put it into the app's env_file"),
        ("ansible_become_password=canary", f"-e ansible_become_password: {SECRET} use --ask-sudo-pass"),
        ("db_password=canary", f"-e db_password: {SECRET} put it into a file, mode 0600: -e @FILE"),
        ("db_password.prod=canary", f"-e db_password.prod: {SECRET} put it into a file, mode 0600: -e @FILE"),
        ("db={tokens: [canary]}", f"-e db: {SECRET} put it into a file, mode 0600: -e @FILE"),
        ("{a: 1, db_password: canary}", f"-e db_password: {SECRET} put it into a file, mode 0600: -e @FILE"),
        ("{db: {urls: ['postgres://u:canary@h']}}", f"-e db: {SECRET} put it into a file, mode 0600: -e @FILE"),
        ("{ansible_password: canary}", f"-e ansible_password: {SECRET} use --ask-sudo-pass"),
        ("{apps: {shop: {env: {STRIPE_KEY: canary}}}}", f"-e apps: {SECRET} put it into the app's env_file"),
    ],
)
def test_a_mistake_is_refused_at_its_option(folder: Path, extra: str, message: str) -> None:
    with pytest.raises(InventoryError) as refused:
        load(folder / "inventory", [extra])
    assert str(refused.value).startswith(message)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("extra", ["app.name=shop", "update.by=me", "mine.ref=v2"])
def test_a_variable_that_is_like_a_setting_is_one_as_in_a_file(folder: Path, extra: str) -> None:
    name, key, value = re.split("[.=]", extra)
    assert load(folder / "inventory", [extra]).hosts["web1"].variables[name] == {key: value}


def test_a_part_of_a_variable_of_the_users_own_is_no_slip(folder: Path) -> None:
    (folder / "inventory/group_vars").mkdir()
    (folder / "inventory/group_vars/all.yml").write_text("app: {name: shop}\n")
    app = load(folder / "inventory", ["app.ref=v2"]).hosts["web1"].variables["app"]
    assert app == {"name": "shop", "ref": "v2"}


def test_an_app_that_none_of_the_chosen_hosts_has_is_refused(folder: Path) -> None:
    inventory = load(folder / "inventory", ["apps.shpo.ref=v2"])
    with pytest.raises(UsageError) as refused:
        inventory.check_extra_vars(inventory.select(["web"]))
    assert str(refused.value) == "-e apps.shpo.ref: none of the chosen hosts has an app 'shpo'\n  did you mean 'shop'?"
    inventory = load(folder / "inventory", ["apps.shop.ref=v2"])
    with pytest.raises(UsageError, match=r"none of the chosen hosts has an app 'shop'$"):
        inventory.check_extra_vars(inventory.select(["db"]))


def test_the_command_line_says_the_same_and_exits_with_2(folder: Path) -> None:
    commands = Commands(folder)
    said = commands("provision", "web", "-e", "timezone=Mars", "-e", "version=v2", status=2)
    assert said.err.startswith("error: -e timezone: timezone: 'Mars' is not a time zone")
    said = commands("deploy", "db", "--extra-vars", "apps.shop.ref=v2", status=2)
    assert said.err == "error: -e apps.shop.ref: none of the chosen hosts has an app 'shop'\n"

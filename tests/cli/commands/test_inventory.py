"""`deploy.py inventory`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import project
from windlass.cli.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., tuple[int, str, str]]

FILES = {
    "inventory/hosts.yml": """
        web:
          hosts:
            web1: {ansible_host: 192.0.2.1, ansible_become_password: hidden}
            web2:
          vars: {since: 2026-11-21, note: !unsafe "{{ x }}"}
        """,
    "inventory/group_vars/web.yml": "packages: [vim]\nshop: {api_token: hidden, pages: {1: one}}\n",
}


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    project(tmp_path, FILES)

    def answer(*arguments: str) -> tuple[int, str, str]:
        status = run(["--project", str(tmp_path), "inventory", *arguments])
        return (status, *capsys.readouterr())

    return answer


def test_graph(ask: Ask) -> None:
    drawing = "@all:\n  |--@ungrouped:\n  |--@web:\n  |  |--web1\n  |  |--web2\n"
    assert ask() == ask("--graph") == (0, drawing, "")


def test_list_masks_secrets(ask: Ask) -> None:
    status, out, _ = ask("--list")
    found = json.loads(out)
    assert status == 0
    assert found["web"] == {"hosts": ["web1", "web2"]}
    assert found["_meta"]["hostvars"]["web1"] == {
        "ansible_host": "192.0.2.1",
        "ansible_become_password": "********",
        "since": "2026-11-21",
        "note": "{{ x }}",
        "packages": ["vim"],
        "shop": {"api_token": "********", "pages": {"1": "one"}},
    }
    assert "hidden" not in out
    assert ask("--json")[1] == out


def test_list_masks_all_below_a_secret_name_and_values_that_are_secret(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "inventory/group_vars/web.yml").write_text(
        "db_url: postgres://u:hidden@h/x\n"
        "db_password: {prod: hidden, dev: null}\n"
        "db_passwords: [hidden, {a: hidden}]\n"
        "anything: [sk_live_hidden]\n"
        "apps: {token: {source: s, wsgi: 's:a', domains: [a.test], secrets: {STRIPE_KEY: {env: CI_KEY}}}}\n"
    )
    out = ask("--list")[1]
    assert "hidden" not in out
    found = json.loads(out)["_meta"]["hostvars"]["web2"]
    assert found["db_password"] == {"prod": "********", "dev": None}
    assert found["db_passwords"] == ["********", {"a": "********"}]
    assert found["apps"]["token"]["source"] == "s"
    assert found["apps"]["token"]["secrets"] == {"STRIPE_KEY": {"env": "CI_KEY"}}


def test_host_says_where_each_variable_is_set(ask: Ask) -> None:
    assert ask("--host", "web2") == (
        0,
        """\
# web2 in all, web
# inventory/hosts.yml:6:10
since: 2026-11-21

# inventory/hosts.yml:6:29
note: '{{ x }}'

# inventory/group_vars/web.yml:1:1
packages:
- vim

# inventory/group_vars/web.yml:2:1
shop:
  api_token: '********'
  pages:
    1: one
""",
        "",
    )
    assert json.loads(ask("--host", "web2", "--json")[1])["packages"] == ["vim"]


def test_mistakes(ask: Ask, tmp_path: Path) -> None:
    assert ask("--host", "wbe1")[0::2] == (2, "error: unknown host or group 'wbe1'\n  did you mean 'web1'?\n")
    assert ask("--host", "web")[0::2] == (
        2,
        "error: --host takes one host, and 'web' means 2\n  ./deploy.py inventory shows which\n",
    )
    (tmp_path / "inventory/hosts.yml").write_text("all: [")
    status, _, err = ask()
    assert (status, err.startswith("error: inventory/hosts.yml:1: ")) == (2, True)


def test_list_hosts_of_a_pattern(ask: Ask) -> None:
    assert ask("--list-hosts", "all,!web1") == (0, "web2\n", "")
    assert ask("--list-hosts", "web") == (0, "web1\nweb2\n", "")
    assert json.loads(ask("--list-hosts", "web", "--json")[1]) == ["web1", "web2"]
    told = "'!x*' matches no host and no group: it leaves out nobody\n"
    assert ask("--list-hosts", "web,!x*") == (0, "web1\nweb2\n", told)
    assert ask("--list-hosts", "wbe") == (2, "", "error: unknown host or group 'wbe'\n  did you mean 'web'?\n")


def test_list_judges_names_in_any_spelling(ask: Ask, tmp_path: Path) -> None:
    secret = ("dbpassword", "clientSecret", "apiToken", "bindpw", "admin_pw", "privatekey")
    lines = [*(f"{name}: hidden" for name in secret), "ssh_key: x.pub", "token_url: /shown", "allow_no_password: true"]
    (tmp_path / "inventory/group_vars/web.yml").write_text("\n".join(lines))
    out = ask("--list")[1]
    assert "hidden" not in out
    found = json.loads(out)["_meta"]["hostvars"]["web2"]
    assert {name for name, value in found.items() if value == "********"} == set(secret)


def test_keys_of_several_types(ask: Ask, tmp_path: Path) -> None:
    text = "errors: {404: nf, x: {true: 1, null: 2, 1.5: 3, 2026-12-01: 4}}\n"
    (tmp_path / "inventory/group_vars/web.yml").write_text(text)
    errors = {"404": "nf", "x": {"true": 1, "null": 2, "1.5": 3, "2026-12-01": 4}}
    assert json.loads(ask("--list")[1])["_meta"]["hostvars"]["web2"]["errors"] == errors
    assert json.loads(ask("--host", "web2", "--json")[1])["errors"] == errors
    assert "404: nf" in ask("--host", "web2")[1]


def test_a_host_that_is_not_reached_by_ssh_is_shown(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "inventory/more").write_text("here ansible_connection=local\n")
    status, out, _ = ask("--host", "here")
    assert (status, out.splitlines()[0]) == (0, "# here in all, ungrouped")


def test_files_that_are_left_out_are_told(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "inventory/hosts.csv").write_text("a,b\n")
    told = "inventory/hosts.csv:1:1: 'a,b' is not a host name or address: this file is left out\n"
    assert ask("--list-hosts", "web1") == (0, "web1\n", told)

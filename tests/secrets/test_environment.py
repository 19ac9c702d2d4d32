"""The whole environment of an app: one source for each name, what is required, what nobody asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.projects import project
from tests.secrets.projects import new_identity, recipients, secrets_project
from tests.settings.test_settings import MINIMAL
from windlass.errors import InventoryError
from windlass.host import Connect, Host
from windlass.project import Project
from windlass.secrets.environment import check, environment_of
from windlass.settings import Settings
from windlass.settings.environment import LONGEST
from windlass.settings.secret import Secret


def host(sealed: dict[str, str] | None = None, name: str = "web1", **app: Any) -> Host:
    settings = Settings.model_validate({"apps": {"shop": {**MINIMAL, **app}}})
    secrets = {key: Secret(value, f"web.yml.age:{line}") for line, (key, value) in enumerate((sealed or {}).items(), 1)}
    return Host(name, [], Connect(name), settings, {}, secrets=lambda app: secrets)


def env_file(text: str) -> str:
    path = Path("shop.env")
    path.write_text(text)
    path.chmod(0o600)
    return str(path.resolve())


def complaint(*hosts: Host) -> list[str]:
    with pytest.raises(InventoryError) as raised:
        check(hosts)
    assert "hidden" not in str(raised.value)
    return str(raised.value).splitlines()


def test_all_sources_together() -> None:
    found = environment_of(
        host(
            {"SEALED": "1"},
            env={"PLAIN": "2", "CACHE_TOKEN_SIZE": 3},
            env_file=env_file("FILED=4\n"),
            secrets={"PRINTED": {"command": "echo 5"}},
        ),
        "shop",
    )
    assert found.variables == {"SEALED": "1", "PLAIN": "2", "CACHE_TOKEN_SIZE": "3", "FILED": "4", "PRINTED": "5"}
    assert found.secret == {"SEALED", "FILED", "PRINTED"}


def test_a_name_in_two_places() -> None:
    path = env_file("A=hidden\nB=hidden\n")
    assert complaint(host({"A": "hidden", "C": "hidden"}, env_file=path, env={"B": "x", "C": "x"})) == [
        "shop: B is set in two places, `env` and shop.env:2; remove one of them",
        "shop: C is set in two places, `env` and web.yml.age:2; remove one of them",
        "shop: A is set in two places, shop.env:1 and web.yml.age:1; remove one of them",
    ]


def test_what_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_KEY", "changeme")
    found = host(
        {"A": "", "B": "ok"},
        env={"C": "your-name"},
        env_file=env_file("D=dev\n"),
        secrets={"E": {"env": "CI_KEY"}, "F": {"command": "echo TODO"}},
        required_env=list("ABCDEFG"),
    )
    assert complaint(found) == [
        "web.yml.age:1: A is still a placeholder; give it its real value",
        "`env`: C is still a placeholder; give it its real value",
        "shop.env:1: D is still a placeholder; give it its real value",
        "`secrets` (CI_KEY): E is still a placeholder; give it its real value",
        "`secrets` (echo TODO): F is still a placeholder; give it its real value",
        "shop: G is missing, and required_env asks for it (./deploy.py secrets set G --app shop)",
    ]


def test_all_together_too_large() -> None:
    values = {f"A{number}": "x" * (LONGEST - 10) for number in range(8)}
    assert environment_of(host(dict(list(values.items())[:7])), "shop")
    [line] = complaint(host(values | {"B": "x" * 100}))
    assert line.startswith("shop: the environment takes 1048")
    assert line.endswith(" bytes, and a process is given 1048576 at most")


def test_every_host_is_heard_and_the_same_complaint_once() -> None:
    assert (
        len(complaint(host(required_env=["A"]), host(required_env=["A"], name="web2"), host(required_env=["B"]))) == 2
    )


def test_secrets_that_no_app_asks_for_are_said_once() -> None:
    asking = {"required_env": ["A"]}
    assert check([host({"A": "1", "B": "2"})]) == []  # it lists nothing, so nothing is known
    said = ["web.yml.age:2: shop gets B, which its required_env does not list; add it there, or remove it here"]
    assert check([host({"A": "1", "B": "2"}, **asking), host({"A": "1", "B": "2"}, name="web2", **asking)]) == said
    assert check([host({"A": "1", "B": "2"}, **asking), host({"A": "1", "B": "2"}, required_env=["B"])]) == []
    assert check([host({"A": "1", "B": "2"}, **asking)], "blog") == []


def test_a_name_that_only_others_allow(home: Path) -> None:
    found = host({"A": "1", "LD_PRELOAD": "hidden"})
    assert complaint(found) == [
        (
            "web.yml.age:2: shop on web1: LD_PRELOAD is set by systemd, Gunicorn or the loader: changing it breaks or"
            " hijacks the process (if you mean it: allow_env: [LD_PRELOAD])"
        )
    ]
    assert check([host({"LD_PRELOAD": "x"}, allow_env=["LD_PRELOAD"])]) == []


def test_a_host_that_is_not_in_the_inventory_allows_nothing_by_itself(home: Path) -> None:
    shop = "shop: {source: s, wsgi: 's:app', domains: [a.test]}"
    project(
        Path.cwd(),
        {
            "inventory/hosts.yml": "web: {hosts: {web1: }}\n",
            "inventory/group_vars/all.yml": f"apps: {{{shop}}}\n",
            "inventory/host_vars/web1.yml": f"apps: {{{shop.replace('{', '{allow_env: [PATH], ')}}}\n",
        },
    )
    recipients(new_identity(home).to_public())
    Project(Path.cwd()).secrets().write("all", "PATH: hidden\n")
    inventory = Project(Path.cwd()).inventory()
    assert check([inventory.hosts["web1"]]) == []
    [line] = complaint(inventory.ad_hoc("192.0.2.7"))
    assert line.startswith("inventory/secrets/all.yml.age:1: shop on 192.0.2.7: PATH is set by systemd")


def test_in_a_project(home: Path) -> None:
    secrets_project(home, web="A: sealed\n")
    hosts = Project(Path.cwd()).inventory().hosts
    assert environment_of(hosts["web1"], "shop").variables == {"A": "sealed"}
    assert check(hosts.values()) == []

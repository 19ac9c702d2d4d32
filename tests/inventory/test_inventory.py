"""From files to hosts: connection, settings, variables, selection."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.projects import inventory, project
from windlass.errors import InventoryError, UsageError
from windlass.host import Connect
from windlass.secrets.environment import check

ROOT = Path(__file__).parents[2]
KEY = "ssh-ed25519 " + "A" * 68


def connect(folder: Path, variables: str) -> Connect:
    return inventory(folder, f"all: {{hosts: {{h: {{{variables}}}}}}}").hosts["h"].connect


def test_a_host_without_variables(tmp_path: Path) -> None:
    assert connect(tmp_path, "") == Connect(address="h")


def test_connection_variables(tmp_path: Path) -> None:
    found = connect(
        tmp_path,
        "ansible_host: 192.0.2.7, ansible_port: '2222', ansible_user: admin, ansible_ssh_private_key_file: ~/key,"
        " ansible_become: 'no', ansible_become_password: pw, ansible_python_interpreter: /usr/bin/python3.11,"
        f" host_key: {KEY}, ansible_ssh_common_args: '-J jump@gate:22', ansible_shell_type: sh",
    )
    assert found == Connect(
        address="192.0.2.7",
        port=2222,
        user="admin",
        key_file=Path.home() / "key",
        proxy_jump="jump@gate:22",
        become=False,
        become_password="pw",
        python="/usr/bin/python3.11",
        host_key=KEY,
    )
    assert "pw" not in repr(found)


@pytest.mark.parametrize(
    ("arguments", "jump"),
    [
        ("-J gate", "gate"),
        ("-Jgate", "gate"),
        ("-J a@b:22,c", "a@b:22,c"),
        ("-o ProxyJump=gate", "gate"),
        ("-oProxyJump=gate -o StrictHostKeyChecking=no -C", "gate"),
        ("-o 'proxyjump gate'", "gate"),
        ("-o ProxyJump=none", None),
        ('-o ProxyCommand="ssh -W %h:%p -q user@gate.example.com"', "user@gate.example.com"),
        ('-o ProxyCommand="ssh -q -W %h:%p gate"', "gate"),
        ("-o ControlMaster=auto -o ControlPersist=60s", None),
        ("-o ProxyJump=first -o ProxyJump=second", "first"),
        ("-o ProxyCommand=none -o ProxyJump=gate", None),
        ("", None),
    ],
)
def test_jump_hosts_in_ssh_arguments(arguments: str, jump: str | None, tmp_path: Path) -> None:
    assert inventory(
        tmp_path, f"all:\n  hosts:\n    h:\n      ansible_ssh_common_args: >-\n        {arguments}\n"
    ).hosts["h"].connect.proxy_jump == (jump)


@pytest.mark.parametrize(
    ("variables", "jump"),
    [
        ("ansible_ssh_common_args: -J gate, ansible_ssh_extra_args: -C", "gate"),
        ("ansible_ssh_extra_args: -J gate, ansible_ssh_common_args: -C, ansible_ssh_args: -v", "gate"),
        ("ansible_ssh_args: -J gate", "gate"),
        ("ansible_ssh_extra_args: -J last, ansible_ssh_common_args: -J gate", "gate"),
        ("ansible_ssh_extra_args: -J last, ansible_ssh_args: -o ProxyJump=none", None),
    ],
)
def test_all_of_ansibles_ssh_arguments_count(variables: str, jump: str | None, tmp_path: Path) -> None:
    assert connect(tmp_path, variables).proxy_jump == jump


@pytest.mark.parametrize(
    ("variables", "field", "value"),
    [
        ("ansible_ssh_host: a", "address", "a"),
        ("ansible_ssh_user: u", "user", "u"),
        ("ansible_private_key_file: /k", "key_file", Path("/k")),
        ("ansible_sudo_pass: s", "become_password", "s"),
        ("ansible_become_pass: s", "become_password", "s"),
        ("ansible_python_interpreter: auto", "python", "python3"),
    ],
)
def test_older_names(variables: str, field: str, value: object, tmp_path: Path) -> None:
    assert getattr(connect(tmp_path, variables), field) == value


def test_hosts_that_ansible_reaches_without_ssh_are_left_alone(tmp_path: Path) -> None:
    found = inventory(tmp_path, "all: {hosts: {h: , here: {ansible_connection: local, ansible_become_method: runas}}}")
    assert list(found.hosts) == ["h"]
    assert [host.name for host in found.select(["all:!here"])] == ["h"]
    told: list[str] = []
    assert [host.name for host in found.select(["all"], tell=told.append)] == ["h"]
    assert told == ["left out, as Ansible reaches them without SSH: here (local)"]
    for pattern in ("here", "all:!h"):
        with pytest.raises(UsageError, match="'here' is not reached by SSH"):
            found.select([pattern])


def test_of_many_hosts_without_ssh_some_are_named(tmp_path: Path) -> None:
    found = inventory(tmp_path, "all: {hosts: {h: }}\nc: {hosts: {'c[1:9]': }, vars: {ansible_connection: docker}}")
    told: list[str] = []
    found.select(["all"], tell=told.append)
    first = "c1 (docker), c2 (docker), c3 (docker), c4 (docker), c5 (docker)"
    assert told == [f"left out, as Ansible reaches them without SSH: {first}, 4 more"]


APP = "{source: s, wsgi: 's:app', domains: ['{{ inventory_hostname }}.example.com']}"


def test_templates_are_rendered_per_host(tmp_path: Path) -> None:
    found = inventory(tmp_path, f"web: {{hosts: {{a: , b: }}, vars: {{apps: {{shop: {APP}}}}}}}")
    assert [found.hosts[name].settings.apps["shop"].domains for name in "ab"] == [["a.example.com"], ["b.example.com"]]


def test_templates_keep_types_and_text(tmp_path: Path) -> None:
    found = inventory(
        tmp_path,
        """
        web:
          hosts: {web1.example.com: , web2.example.com: }
          vars:
            tools: [vim, htop]
            packages: "{{ tools + ['tmux'] }}"
            updates: {managed: "{{ 'web' in group_names and not missing | default(false) }}"}
            code: "0{{ 7 }}55"
            nested: {deep: ["{{ inventory_hostname_short }}"]}
            peers: "{{ groups['web'] | join(' ') }}"
            across: "{{ hostvars['web2.example.com'].inventory_hostname }} of {{ hostvars | length }}"
            raw: !unsafe "{{ not a template }}"
            foreign: "{{ lookup('file', 'x') }}"
        """,
    )
    host = found.hosts["web1.example.com"]
    assert host.settings.packages == ["vim", "htop", "tmux"]
    assert host.settings.updates.managed is True
    assert host.variables["code"] == "0755"
    assert host.variables["nested"] == {"deep": ["web1"]}
    assert host.variables["peers"] == "web1.example.com web2.example.com"
    assert host.variables["across"] == "web2.example.com of 2"
    assert host.variables["raw"] == "{{ not a template }}"
    with pytest.raises(InventoryError, match=r"^inventory/hosts.yml:13:14: 'lookup' is undefined"):
        host.variables["foreign"]


def test_variables_never_show_their_values(tmp_path: Path) -> None:
    host = inventory(tmp_path, "all: {hosts: {h: {ansible_become_password: hidden}}}").hosts["h"]
    assert "hidden" not in repr(host)
    assert "hidden" not in repr(host.variables)
    assert host.variables["ansible_become_password"] == "hidden"


def test_hosts_with_the_same_settings_share_them(tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "all: {hosts: {'h[1:3]': , odd: {timezone: UTC}}, vars: {packages: [vim]}}").hosts
    assert hosts["h1"].settings is hosts["h3"].settings
    assert hosts["h1"].settings is not hosts["odd"].settings


def test_groups_of_a_host_in_the_order_they_override(tmp_path: Path) -> None:
    found = inventory(tmp_path, "b: {hosts: {h: }}\na: {hosts: {h: }, children: {c: {hosts: {h: }}}}")
    assert found.hosts["h"].groups == ["all", "a", "b", "c"]


def test_the_lab_is_one_more_source(tmp_path: Path) -> None:
    files = {
        "inventory/hosts.yml": "web: {hosts: {web1: }}",
        "inventory/group_vars/lab.yml": "packages: [vim]",
        ".windlass/lab/hosts.yml": "lab: {hosts: {lab: {ansible_host: 127.0.0.2}}}",
    }
    found = inventory(tmp_path, files)
    [host] = found.select(["lab"])
    assert (host.name, host.groups, host.connect.address) == ("lab", ["all", "lab"], "127.0.0.2")
    assert host.settings.packages == ["vim"]


def test_without_a_lab_its_variables_disturb_nobody(tmp_path: Path) -> None:
    files = {"inventory/hosts.yml": "web: {hosts: {web1: }}", "inventory/group_vars/lab.yml": "nonsense: ["}
    assert list(inventory(tmp_path, files).hosts) == ["web1"]


def test_other_files_are_no_inventory(tmp_path: Path) -> None:
    others = ["README.md", "shop.env", "shop.env.age", ".hidden.yml", "old.yml~", "secrets/x.yml", "x.yml.bak", "x.cfg"]
    files = {f"inventory/{name}": "[nonsense" for name in others}
    assert list(inventory(tmp_path, {**files, "inventory/hosts.yml": "a: {hosts: {h: }}"}).hosts) == ["h"]


def test_no_inventory_at_all(tmp_path: Path) -> None:
    found = inventory(tmp_path, {})
    assert found.hosts == {}
    with pytest.raises(UsageError) as raised:
        found.select(["all"])
    assert str(raised.value).splitlines()[1] == (
        "  the inventory has no hosts: ./deploy.py init SOURCE --host HOST adds one, or try ./deploy.py lab up"
    )


def test_select_joins_patterns_and_keeps_the_order(tmp_path: Path) -> None:
    found = inventory(tmp_path, "web: {hosts: {'web[1:3]': }}\ndb: {hosts: {db1: , 2001:db8::5: }}")

    def names(*patterns: str) -> list[str]:
        return [host.name for host in found.select(patterns)]

    assert names("db", "web") == ["db1", "2001:db8::5", "web1", "web2", "web3"]
    assert names("web2", "web") == ["web2", "web1", "web3"]
    assert names("all", "!db") == ["web1", "web2", "web3"]
    assert names("2001:db8::5") == ["2001:db8::5"]
    assert names("all:!staging*") == names("all")  # a wildcard that excludes nobody is no mistake


def test_ad_hoc_hosts(tmp_path: Path) -> None:
    text = (
        "all: {vars: {timezone: Europe/Berlin, ansible_user: admin}}\nweb: {hosts: {web1: {ansible_host: 192.0.2.1}}}"
    )
    found = inventory(tmp_path, text)
    host = found.ad_hoc("192.0.2.9", "root", 2222)
    assert host.connect == Connect("192.0.2.9", port=2222, user="root")
    assert (host.groups, host.settings.timezone) == (["all", "ungrouped"], "Europe/Berlin")
    assert found.ad_hoc("192.0.2.9").connect.user == "admin"
    known = found.ad_hoc("web1", port=2222)
    assert known.connect == Connect("192.0.2.1", port=2222, user="admin")
    assert known.groups == ["all", "web"]
    assert found.hosts["web1"].connect.port is None
    with pytest.raises(UsageError, match="'-x' is not a host name or address"):
        found.ad_hoc("-x")


def test_this_project_loads(tmp_path: Path) -> None:
    files = {
        f"inventory/{name}": (ROOT / "inventory" / name).read_text() for name in ("hosts.yml", "group_vars/lab.yml")
    }
    assert inventory(tmp_path, files).hosts == {}
    lab = {**files, ".windlass/lab/hosts.yml": "lab: {hosts: {lab: , lab2: }}"}
    for name, host in inventory(tmp_path, lab).hosts.items():
        app = host.settings.apps["shortener"]
        assert app.env_file == tmp_path / ".windlass/lab/shortener.env"
        assert app.domains == [f"shortener.{name}.test"]


def test_environments_of_the_chosen_hosts_are_checked_together(tmp_path: Path) -> None:
    app = "{{source: s, wsgi: 's:app', domains: [{0}.test], env_file: {0}.env}}"
    text = f"all: {{hosts: {{h: {{apps: {{a: {app.format('a')}, b: {app.format('b')}}}}}, other: }}}}"
    found = inventory(tmp_path, text)
    check([found.hosts["other"]])
    with pytest.raises(InventoryError) as raised:
        check(found.hosts.values())
    assert str(raised.value).count("env_file does not exist") == 2
    for name in "ab":
        (tmp_path / f"{name}.env").touch(mode=0o600)
    check(found.hosts.values())


def test_loading_imports_neither_jinja_nor_anything_of_ssh(tmp_path: Path) -> None:
    folder = project(tmp_path, "all: {hosts: {h: }}")
    code = (
        "import sys; from pathlib import Path; from windlass.inventory import load;"
        f"load(Path({str(folder)!r}) / 'inventory');"
        "print({'jinja2', 'paramiko', 'fabric', 'dotenv', 'pyrage', 'rich'} & set(sys.modules))"
    )
    found = run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "set()"

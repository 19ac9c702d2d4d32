"""What makes an inventory beside YAML and INI with their usual endings, and how Ansible reaches its hosts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.inventory.test_ansible import ours
from tests.projects import errors, inventory, project
from windlass.errors import UsageError
from windlass.inventory import load

if TYPE_CHECKING:
    from tests.inventory.conftest import Ask

INI = "[web]\nweb1\n"


@pytest.mark.parametrize("text", [INI, "web: {hosts: {web1: }}"])
def test_an_inventory_that_is_one_file(ask: Ask, text: str, tmp_path: Path) -> None:
    project(tmp_path, {"inventory": text, "group_vars/web.yml": "x: 1\n", "host_vars/web1.yml": "y: 2\n"})
    found = load(tmp_path / "inventory")
    theirs = ask(tmp_path / "inventory", [])
    del theirs["matches"]
    assert ours(found) == theirs
    assert found.hosts["web1"].variables["x"] == 1
    assert found.folder == tmp_path


NOT_READ = {
    "notes.pdf": ("\x00\x01", "inventory/notes.pdf:1:1: '\\x00\\x01' is not a host name or address"),
    "web.service": (
        "[Unit]\nDescription=The web\n",
        "inventory/web.service:2:1: 'Description=...' is not a host name or address; a variable? it goes under vars",
    ),
    "hosts.csv": ("name,address\nweb2,192.0.2.2\n", "inventory/hosts.csv:1:1: 'name,address' is not a host name or"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_a_file_of_another_kind_is_left_out_and_told(name: str, tmp_path: Path) -> None:
    text, fault = NOT_READ[name]
    found = inventory(tmp_path, {"inventory/hosts": INI, f"inventory/{name}": text})
    assert list(found.hosts) == ["web1"]
    [note] = found.notes
    assert note.startswith(fault)
    assert note.endswith(": this file is left out")


def test_one_that_is_no_text_is_left_out_and_told(tmp_path: Path) -> None:
    folder = project(tmp_path, {"inventory/hosts": INI})
    (folder / "inventory/logo.png").write_bytes(b"\x89PNG\xff")
    assert load(folder / "inventory").notes == ["inventory/logo.png:1: this is not UTF-8 text: this file is left out"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "a ansible_port=22\nb 'x y'\n",
            "2:1: what is behind 'b' is not key=value; a value with spaces goes in quotes",
        ),
        ("web1\n[web:children]\nx y\n", "3:1: 'x ...' is not the name of a group"),
    ],
)
def test_a_mistake_in_what_is_surely_an_inventory_is_one(text: str, fault: str, tmp_path: Path) -> None:
    assert errors(tmp_path, {"inventory/hosts.prod": text}) == [f"inventory/hosts.prod:{fault}"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[web.hosts\n", "1:11: not valid TOML: expected ']' at the end of a table declaration"),
        ("[web]\nhosts = ['a']\n", " hosts of group 'web' must be a mapping of names, each with a colon, not a list"),
        ("[web.vars]\nat = 07:30:00\n", " 07:30:00 is a time of day, which no variable can be"),
        ("[web.hosts.a]\nansible_port = 'x'\n", " ansible_port: 'x' is not a whole number"),
    ],
)
def test_mistakes_in_toml(text: str, fault: str, tmp_path: Path) -> None:
    assert errors(tmp_path, {"inventory/hosts.toml": text}) == [f"inventory/hosts.toml:{fault}"]


@pytest.mark.parametrize(
    "found",
    [
        {"_meta": {"hostvars": {"web1": {"x": 1}}}, "web": {"hosts": ["web1"]}},
        {"web": {"hosts": ["web1"], "vars": {}}},
        {"web": ["web1"]},
        {"all": {"children": ["web"]}},
    ],
)
def test_json_that_a_script_wrote_is_called_that(found: object, tmp_path: Path) -> None:
    said = "this is what an inventory script prints, and no inventory file, to Ansible neither"
    [fault] = errors(tmp_path, {"inventory/hosts.json": json.dumps(found)})
    assert fault == f"inventory/hosts.json:1:1: {said}: write one with ansible-inventory -i SCRIPT --list --yaml"


BY_SSH = ["ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh", "ansible.legacy.ssh"]
BY_SSH += ["community.libssh.ssh", "ansible.netcommon.libssh", "{{ 'ssh' if far else 'local' }}"]
OTHERWISE = ["local", "docker", "lxd", "kubectl", "containers.podman.podman", "my_own", "community.docker.docker_api"]
OTHERWISE += ["{{ 'local' if far else 'ssh' }}", "{{ nosuch }}", "{{ lookup('env', 'X') }}", "ansible.builtin.winrm"]


@pytest.mark.parametrize("kind", BY_SSH)
def test_connections_by_ssh(kind: str, tmp_path: Path) -> None:
    found = inventory(tmp_path, f'all: {{hosts: {{h: {{far: true, ansible_connection: "{kind}"}}}}}}')
    assert list(found.hosts) == ["h"]
    assert found.foreign == {}


@pytest.mark.parametrize("kind", OTHERWISE)
def test_hosts_by_another_connection_are_left_out(kind: str, tmp_path: Path) -> None:
    found = inventory(tmp_path, f'all: {{hosts: {{h: , x: {{far: true, ansible_connection: "{kind}"}}}}}}')
    told: list[str] = []
    assert [host.name for host in found.select(["all"], tell=told.append)] == ["h"]
    shown = "local" if "'local' if" in kind else kind
    assert told == [f"left out, as Ansible reaches them without SSH: x ({shown})"]
    with pytest.raises(UsageError, match="'x' is not reached by SSH but by ansible_connection"):
        found.select(["x"])


def test_a_connection_that_is_no_text_is_refused(tmp_path: Path) -> None:
    kinds = "'ssh', 'paramiko', 'paramiko_ssh', 'libssh' or 'smart'"
    [fault] = errors(tmp_path, "all: {hosts: {h: {ansible_connection: 5}}}")
    assert fault == f"inventory/hosts.yml:1:39: ansible_connection: 5 is not one of {kinds}"


def test_magic_variables(tmp_path: Path) -> None:
    names = "inventory_file inventory_dir playbook_dir ansible_playbook_python"
    lines = [f"    {name}_: '{{{{ {name} }}}}'" for name in names.split()]
    files = {
        "inventory/hosts.yml": "\n".join(["all:", "  hosts: {h: }", "  vars:", *lines]),
        "inventory/far/hosts": "f\nh\n",
    }
    hosts = inventory(tmp_path, files).hosts
    folder = tmp_path / "inventory"
    assert [hosts["h"].variables[f"{name}_"] for name in names.split()] == [
        *map(str, (folder / "far/hosts", folder / "far", tmp_path)),
        sys.executable,
    ]
    assert hosts["f"].variables["inventory_dir_"] == str(folder / "far")

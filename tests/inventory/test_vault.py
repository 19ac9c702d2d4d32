"""Ansible's vault: what ansible-vault has sealed is read with its password, and shown nowhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from tests.inventory.conftest import environment
from tests.projects import errors, project
from windlass.cli.cli import run
from windlass.errors import InventoryError, UsageError
from windlass.inventory import load
from windlass.inventory.vault import CLOSED
from windlass.run.plan import Roles
from windlass.secrets.environment import environment_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.inventory.inventory import Inventory

    Seal = Callable[..., str]

CANARY = "hunter2canary"
SEALED = f"vault_dsn: postgres://me:{CANARY}1@db/x\nvault_port: 7331\nlist: [{CANARY}2]\n"


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """What ansible-vault makes of a text, with a password, by default `open`, and maybe a label."""
    folder = tmp_path_factory.mktemp("vault")
    known: dict[tuple[str, ...], str] = {}

    def sealed(text: str, password: str = "open", label: str = "") -> str:
        if (text, password, label) not in known:
            (folder / "password").write_text(password)
            command = [str(Path(sys.executable).parent / "ansible-vault"), "encrypt", "--output", "-"]
            command += ["--vault-id", f"{label or 'default'}@{folder}/password"]
            done = subprocess.run(
                command, input=text, env=environment(folder), capture_output=True, text=True, check=True, timeout=60
            )
            known[text, password, label] = done.stdout
        return known[text, password, label]

    return sealed


def inline(sealed: str) -> str:
    """A sealed text as the value of a key of two levels."""
    return f"!vault |\n{indent(sealed, '        ')}"


@pytest.fixture
def folder(tmp_path: Path, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a sealed file and a sealed value, opened by what is in the file `password`."""
    monkeypatch.chdir(tmp_path)
    files = {
        "group_vars/all/vault.yml": seal(
            f"vault_dsn: postgres://me:{CANARY}1@db/x\nvault_port: 7331\nlist: [{CANARY}2]\n"
        ),
        "group_vars/all/plain.yml": "dsn: '{{ vault_dsn }}'\nnote: 'at {{ pin }}!'\n",
        "hosts.yml": f"web:\n  hosts: {{web1: }}\n  vars:\n    pin: {inline(seal(f'{CANARY}3'))}",
    }
    (tmp_path / "password").write_text("open\n")
    return project(tmp_path, {f"inventory/{name}": text for name, text in files.items()})


def opened(folder: Path, source: str = "password") -> Inventory:
    return load(folder / "inventory", vault_sources=[("default", source)])


def test_values_are_read_with_the_password(folder: Path) -> None:
    variables = opened(folder).hosts["web1"].variables
    assert variables["vault_dsn"] == variables["dsn"] == f"postgres://me:{CANARY}1@db/x"
    assert variables["vault_port"] == 7331
    assert (variables["pin"], variables["note"]) == (f"{CANARY}3", f"at {CANARY}3!")


@pytest.mark.parametrize("text", ["x", "16 characters ok", "", "line\nline\n", "Grüße, 日本", "x" * 5000])
def test_any_text(text: str, seal: Seal, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("open")
    project(tmp_path, f"web:\n  hosts: {{h: }}\n  vars:\n    x: {inline(seal(text))}")
    assert opened(tmp_path, str(tmp_path / "password")).hosts["h"].variables["x"] == text


def test_without_a_password_it_is_said_how_to_give_one(folder: Path) -> None:
    with pytest.raises(InventoryError) as refused:
        load(folder / "inventory")
    assert str(refused.value).splitlines() == [
        f"inventory/group_vars/all/vault.yml:1: {CLOSED}",
        f"inventory/hosts.yml:4:10: {CLOSED}",
    ]


def test_on_a_command_line(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(*options: str) -> object:
        status = run(["--project", str(folder), "inventory", "--list", *options])
        out, err = capsys.readouterr()
        assert CANARY not in out + err
        return json.loads(out)["_meta"]["hostvars"]["web1"] if status == 0 else err

    shown = {
        "vault_dsn": "********",
        "vault_port": "********",
        "list": ["********"],
        "dsn": "{{ vault_dsn }}",
        "note": "at {{ pin }}!",
        "pin": "********",
    }
    assert listed("--vault-password-file", "password") == shown
    assert listed("--vault-id", "any@password") == listed("--vault-id", "password") == shown
    (folder / "other").write_text("another one")
    assert listed("--vault-id", "a@other", "--vault-id", "b@password") == shown
    assert "no vault password that is given opens this\n" in str(listed("--vault-pass-file", "other"))
    assert CLOSED in str(listed())
    assert "vault password 'default': nobody answers" in str(listed("--ask-vault-pass"))
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", "~/password")
    monkeypatch.setenv("HOME", str(folder))
    assert listed() == shown
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE")
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", "a@other, b@password")
    assert listed() == shown


@pytest.mark.parametrize("command", [["provision", "web1", "--check"], ["ssh", "web1"], ["status", "web1"]])
def test_commands_that_go_to_hosts(command: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(folder), *command]) == 2
    assert CLOSED in capsys.readouterr().err
    (folder / "bad").write_text("not open")
    assert run(["--project", str(folder), *command, "--vault-password-file", "bad"]) == 2
    assert "no vault password that is given opens this" in capsys.readouterr().err


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o700)
    return path


def test_a_program_prints_the_password(folder: Path) -> None:
    program(folder / "ask.sh", "#!/bin/sh\necho $# >> asked; echo open\n")
    assert opened(folder, "ask.sh").hosts["web1"].variables["pin"] == f"{CANARY}3"
    assert (folder / "asked").read_text() == "0\n"  # once


def test_a_client_is_asked_for_the_password_of_a_label(folder: Path) -> None:
    program(folder / "my-client.py", '#!/bin/sh\n[ "$1 $2" = "--vault-id prod" ] && echo open\n')
    found = load(folder / "inventory", vault_sources=[("prod", "my-client.py")])
    assert found.hosts["web1"].variables["pin"] == f"{CANARY}3"


def test_labels_choose_among_passwords(seal: Seal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("dev", "prod"):
        (tmp_path / name).write_text(f"{name} word")
    lines = [f"    {name}: {inline(seal(f'x{name}', f'{name} word', name))}" for name in ("dev", "prod")]
    project(tmp_path, "\n".join(["web:", "  hosts: {h: }", "  vars:", *lines]))
    found = load(tmp_path / "inventory", vault_sources=[("dev", "dev"), ("prod", "prod")])
    assert [found.hosts["h"].variables[name] for name in ("dev", "prod")] == ["xdev", "xprod"]
    with pytest.raises(InventoryError, match=r"no vault password that is given opens this \(its label is 'prod'\)$"):
        load(tmp_path / "inventory", vault_sources=[("dev", "dev")])


MISTAKES = {
    "nothing": "vault password file 'nothing' cannot be read: No such file or directory",
    "inventory": "vault password file 'inventory' cannot be read: Is a directory",
    "empty": "vault password 'empty' is empty",
    "fails": "vault password program 'fails' failed with exit status 3",
    "no-program": (
        "vault password file 'no-program' is executable, and cannot be run: Exec format error\n"
        "  If it is no program: chmod -x no-program"
    ),
    "prompt": "vault password 'default': nobody answers\n  It asks on a terminal; without one, give a file.",
}


@pytest.mark.parametrize("source", MISTAKES)
def test_passwords_that_cannot_be_had(source: str, folder: Path) -> None:
    (folder / "empty").write_text("\n")
    program(folder / "fails", "#!/bin/sh\necho open; exit 3\n")
    program(folder / "no-program", "open\n")
    with pytest.raises(UsageError) as refused:
        opened(folder, source)
    assert str(refused.value) == MISTAKES[source]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$ANSIBLE_VAULT;1.1;AES256\n6338\n", "this is damaged, or cut off: it is not what ansible-vault has written"),
        ("$ANSIBLE_VAULT;1.0;AES\n6338\n", "version 1.0 of Ansible's vault is not known here: ansible-vault rekey"),
        ("$ANSIBLE_VAULT;\n", "version ? of Ansible's vault is not known here: ansible-vault rekey"),
    ],
)
def test_what_is_no_vault(text: str, message: str, folder: Path) -> None:
    (folder / "inventory/group_vars/all/vault.yml").write_text(text)
    with pytest.raises(InventoryError) as refused:
        opened(folder)
    assert str(refused.value).splitlines()[0] == f"inventory/group_vars/all/vault.yml:1: {message}"


def test_no_text_in_a_vault(seal: Seal, tmp_path: Path) -> None:
    script = (
        "import sys; from ansible.parsing.vault import VaultLib, VaultSecret;"
        "sys.stdout.buffer.write(VaultLib([('default', VaultSecret(b'open'))]).encrypt(b'\\xff'))"
    )
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, check=True, timeout=60)
    (tmp_path / "password").write_text("open")
    project(tmp_path, {"inventory/hosts": "h\n", "inventory/group_vars/all.yml": done.stdout.decode()})
    with pytest.raises(InventoryError, match=r"all.yml:1: what is in this vault is not UTF-8 text$"):
        opened(tmp_path, str(tmp_path / "password"))


@pytest.mark.parametrize("name", ["hosts", "hosts.toml", "hosts.yml"])
def test_inventory_files_in_a_vault(name: str, seal: Seal, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {
        "hosts": f"[db]\ndb1 word={CANARY} number=5\n",
        "hosts.toml": f'[db.hosts]\ndb1 = {{word = "{CANARY}", number = 5}}\n',
        "hosts.yml": f"db: {{hosts: {{db1: {{word: {CANARY}, number: 5}}}}}}\n",
    }
    (folder / "inventory/hosts.yml").unlink()
    (folder / f"inventory/{name}").write_text(seal(texts[name]))
    assert opened(folder).hosts["db1"].variables["word"] == CANARY
    assert run(["--project", str(folder), "inventory", "--host", "db1", "--json", "--vault-id", "password"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["word"], found["number"]) == ("********", "********")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("timezone: '{{ pin }}'", "timezone: the value is not a time zone such as Europe/Berlin"),
        ("timezone: 'x{{ pin }}'", "timezone: the value is not a time zone such as Europe/Berlin"),
        ("packages: '{{ list }}'", "packages[0]: the value is not the name of a Debian package"),
        ("ansible_port: '{{ pin | int(1) + vault_port * 10 }}'", "ansible_port: the value is more than 65535"),
        ("greeting: '{{ pin + 5 }}'\n    timezone: '{{ greeting }}'", "cannot be rendered, and why is not shown"),
    ],
)
def test_no_message_shows_what_is_in_a_vault(line: str, message: str, seal: Seal, folder: Path) -> None:
    words = f"web:\n  hosts: {{web1: }}\n  vars:\n    pin: {inline(seal(f'{CANARY}3!'))}\n    {line}"
    (folder / "inventory/hosts.yml").write_text(words)
    (folder / "inventory/group_vars/all/vault.yml").write_text(seal(f"vault_port: 7331\nlist: ['{CANARY}2!']\n"))
    with pytest.raises(InventoryError) as refused:
        opened(folder)
    assert message in str(refused.value)
    assert CANARY not in str(refused.value)
    assert "7331" not in str(refused.value)


@pytest.mark.parametrize(
    "text", [f"x: '{{{{ {CANARY} }}}}'\n", f"x: '{{{{ {CANARY} '\n", "7331\n", f"- {CANARY}\n", f"x: *{CANARY}\n"]
)
def test_no_fault_in_a_sealed_file_shows_it(text: str, seal: Seal, folder: Path) -> None:
    (folder / "inventory/hosts.yml").write_text("web: {hosts: {web1: {timezone: '{{ x }}'}}}")
    (folder / "inventory/group_vars/all/vault.yml").write_text(seal(text))
    with pytest.raises(InventoryError) as refused:
        opened(folder)
    assert CANARY not in str(refused.value)
    assert "7331" not in str(refused.value)


def test_variables_of_an_app_may_come_from_a_vault_and_are_secret(seal: Seal, folder: Path) -> None:
    env = "{DSN: '{{ vault_dsn }}', AT: 'at {{ pin }}', TOKEN: '{{ pin }}', PORT: 80}"
    app = f"{{source: s, wsgi: 's:a', domains: [a.test], env: {env}}}"
    (folder / "inventory/host_vars").mkdir()
    (folder / "inventory/host_vars/web1.yml").write_text(f"apps: {{shop: {app}}}\n")
    found = environment_of(opened(folder).hosts["web1"], "shop")
    assert found.variables["TOKEN"] == f"{CANARY}3"
    assert found.secret == {"DSN", "AT", "TOKEN"}


def test_a_sealed_file_of_variables_on_a_command_line(seal: Seal, folder: Path) -> None:
    (folder / "more.yml").write_text(seal(f"db_password: {CANARY}4\n"))
    (folder / "more.yml").chmod(0o644)
    found = load(folder / "inventory", ["@more.yml"], [("default", "password")])
    assert found.hosts["web1"].variables["db_password"] == f"{CANARY}4"


def test_a_value_that_is_no_vault(tmp_path: Path) -> None:
    assert errors(tmp_path, "a: {hosts: {h: {x: !vault ''}}}") == [
        "inventory/hosts.yml:1:20: this is damaged, or cut off: it is not what ansible-vault has written"
    ]


ROLE = """
from windlass.agent.resources import Directory, File, Packages
AFTER = "base"
def mine(host, apps):
    word = host.variables["pin"]
    yield File("/etc/mine.conf", f"password = {word}\\n")
    yield File("/etc/other.conf", "nothing\\n")
    yield Directory(f"/srv/{word}")
    yield Packages(("vim",))
"""


def test_what_a_role_makes_of_it_is_shown_in_no_diff(folder: Path) -> None:
    (folder / "roles").mkdir()
    (folder / "roles/mine.py").write_text(ROLE)
    host = opened(folder).hosts["web1"]
    plan = Roles(tags=frozenset({"mine"}), project=folder)
    assert [entry.resource.sensitive for entry in plan.entries(host)] == [True, False, True, False]

"""Whatever a user gets wrong: one clear message, exit 1 or 2, no traceback, and what was serving goes on serving."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.commands import ROOT, Commands
from windlass.lab import files
from windlass.lab.visit import visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAME = "shortener.lab.test"


@pytest.fixture(scope="module")
def served(lab: Lab, host: LabHost, project: Path) -> Commands:
    """The session's host, provisioned and serving."""
    commands = Commands.in_new_folder(project)
    lab.acme.clear_name(NAME)
    commands("provision", "lab")
    return commands


@pytest.fixture
def commands(served: Commands, lab: Lab, host: LabHost) -> Iterator[Commands]:
    """The project; afterwards it is as it was, and the host still serves what it served."""
    yield served
    visit(NAME, host.address, host.https_port, lab.acme.roots(), lambda line: None)
    Commands.in_new_folder(served.folder)
    lab.write()


def set_app(commands: Commands, **settings: Any) -> None:
    """Changes settings of the demo app in the project's inventory."""
    path = commands.folder / "inventory/group_vars/lab.yml"
    known = yaml.safe_load(path.read_text())
    known["apps"]["shortener"].update(settings)
    path.write_text(yaml.safe_dump(known))


def set_host(lab: Lab, **variables: Any) -> None:
    """Changes connection variables of the host in what the lab tells of itself, until it writes that again."""
    path = lab.folder / files.HOSTS
    known = yaml.safe_load(path.read_text())
    known["all"]["children"]["lab"]["hosts"]["lab"].update(variables)
    path.write_text(yaml.safe_dump(known))


def test_unknown_host(commands: Commands) -> None:
    said = commands("provision", "labb", status=2)
    assert said.err.splitlines() == ["error: unknown host or group 'labb'", "  did you mean 'lab'?"]


def test_unknown_app(commands: Commands) -> None:
    said = commands("provision", "lab", "--app", "shortner", status=2)
    assert "there is no app 'shortner' on lab" in said.err
    assert "did you mean 'shortener'?" in said.err


def test_unknown_role(commands: Commands) -> None:
    said = commands("provision", "lab", "--tags", "ngnix", status=2)
    assert "no role 'ngnix'. Did you mean 'nginx'?" in said.err


def test_unreachable_host(commands: Commands, lab: Lab) -> None:
    set_host(lab, ansible_port=9)
    said = commands("provision", "lab", status=1)
    assert "lab (root@127.0.0." in said.err
    assert ":9): " in said.err
    assert "refused" in said.err


def test_wrong_key(commands: Commands, lab: Lab, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    set_host(lab, ansible_ssh_private_key_file=str(tmp_path / "other"))
    said = commands("provision", "lab", status=1)
    assert "login refused" in said.err
    assert str(tmp_path / "other") in said.err


def test_changed_host_key(commands: Commands, lab: Lab, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    set_host(lab, host_key=" ".join((tmp_path / "other.pub").read_text().split()[:2]))
    said = commands("provision", "lab", status=1)
    assert "the host key is not the known one" in said.err
    assert said.err.count("SHA256:") == 2


SUDO = "      Give the password with --ask-sudo-pass, allow passwordless sudo, or log in as root."


def test_sudo_refused(commands: Commands, lab: Lab) -> None:
    set_host(lab, ansible_user="careful")
    said = commands("provision", "lab", status=1)
    assert f"sudo refuses: sudo: a password is required\n{SUDO}\n" in said.err


def test_sudo_with_a_wrong_password(commands: Commands, lab: Lab) -> None:
    set_host(lab, ansible_user="careful", ansible_become_password="wrong-canary-77")
    said = commands("provision", "lab", "-vv", status=1)
    assert (
        "sudo says that the password is wrong\n      Is it the password of careful there? After three wrong ones, even"
        " the right one may be refused for a quarter of an hour.\n"
    ) in said.err
    assert "wrong-canary-77" not in said.out + said.err


@pytest.mark.parametrize("user", ["deploy", "careful"])
def test_sudo_granted(commands: Commands, lab: Lab, host: LabHost, user: str) -> None:
    extra = {"ansible_become_password": lab.careful_password} if user == "careful" else {}
    set_host(lab, ansible_user=user, **extra)
    said = commands("provision", "lab", "-v")
    assert "lab  0 changed, " in said.out
    assert ", 1 SSH exec" in said.out
    if extra:
        host.run(f"! journalctl --no-pager | grep -F '{lab.careful_password}'")


def test_unknown_setting(commands: Commands) -> None:
    set_app(commands, domain=["a.lab.test"])
    said = commands("provision", "lab", status=2)
    assert "inventory/group_vars/lab.yml:" in said.err
    assert "apps.shortener.domain: unknown setting; did you mean 'domains'?" in said.err


def test_missing_required_setting(commands: Commands) -> None:
    path = commands.folder / "inventory/group_vars/lab.yml"
    known = yaml.safe_load(path.read_text())
    del known["apps"]["shortener"]["domains"]
    path.write_text(yaml.safe_dump(known))
    said = commands("provision", "lab", status=2)
    assert "inventory/group_vars/lab.yml:" in said.err
    assert "domains" in said.err


@pytest.mark.parametrize(("name", "value"), [("FLASK_DEBUG", "1"), ("FLASK_ENV", "development")])
def test_debug_mode(commands: Commands, name: str, value: str) -> None:
    set_app(commands, env={name: value})
    said = commands("provision", "lab", status=2)
    assert f"{name}" in said.err
    assert "debug" in said.err


def test_missing_secret(commands: Commands) -> None:
    set_app(commands, required_env=["SECRET_KEY", "API_TOKEN"])
    said = commands("provision", "lab", status=2)
    assert "API_TOKEN" in said.err


def test_missing_source(commands: Commands) -> None:
    set_app(commands, source="sample_ap")
    said = commands("provision", "lab", status=2)
    assert "sample_ap" in said.err


def test_wsgi_that_is_not_there(commands: Commands) -> None:
    set_app(commands, wsgi="shortner:create_app()")
    said = commands("provision", "lab", status=2)
    assert "shortner" in said.err


def test_requirements_that_do_not_install(commands: Commands) -> None:
    commands.write("sample_app/requirements.txt", "flask==99.0\n")
    said = commands("deploy", "lab", status=1)
    assert "flask==99.0" in said.out
    assert "No matching distribution found" in said.out


def test_a_python_that_the_host_has_not(commands: Commands) -> None:
    """What no Python of the host fits is refused before anything is changed; one that `packages` might bring, later."""
    project = '[project]\nname = "x"\nrequires-python = ">=3.99"\ndependencies = []\n'
    commands.write("sample_app/pyproject.toml", project)
    try:
        said = commands("deploy", "lab", status=1)
    finally:
        (commands.folder / "sample_app/pyproject.toml").unlink()  # the folder is the session's
    assert "sample_app/pyproject.toml: needs Python >=3.99, the host has 3." in said.out + said.err
    set_app(commands, python="3.99")
    said = commands("deploy", "lab", status=1)
    assert "there is no python3.99 on the host" in said.out
    assert "leave the app's `python` out" in said.out


def test_an_app_that_fails_to_import(commands: Commands) -> None:
    path = commands.folder / "sample_app/shortener/__init__.py"
    path.write_text("import nosuchmodule\n\n\ndef create_app(): ...\n")
    set_app(commands, release_command=None)
    said = commands("deploy", "lab", status=1)
    assert "ModuleNotFoundError: No module named 'nosuchmodule'" in said.out


def test_a_release_command_that_fails(commands: Commands) -> None:
    set_app(commands, release_command="sh -c 'echo no such table; exit 3'")
    said = commands("deploy", "lab", status=1)
    assert "release command" in said.out
    assert "no such table" in said.out
    assert "3" in said.out


def test_a_domain_that_leads_elsewhere(commands: Commands, lab: Lab) -> None:
    lab.acme.set_name("elsewhere.lab.test", lab.acme.inner_address)
    set_app(commands, domains=[NAME, "elsewhere.lab.test"])
    said = commands("provision", "lab", status=1)
    assert "elsewhere.lab.test" in said.out
    assert "certificate" in said.out


def test_template_with_an_undefined_variable(commands: Commands, tmp_path: Path) -> None:
    # The templates belong to the code: this needs a copy of the whole project.
    copy = tmp_path / "copy"
    argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    template = copy / "templates/journald/limits.conf.j2"
    template.write_text(template.read_text() + "{{ colour }}\n")
    said = Commands(commands.folder, copy / "deploy.py")("provision", "lab", status=2)
    line = len(template.read_text().splitlines())
    assert f"templates/journald/limits.conf.j2:{line}: 'colour' is undefined" in said.err

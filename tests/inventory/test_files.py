"""Folders without an end, and files that are none: all are refused, and nothing waits for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import errors, project
from windlass.errors import InventoryError
from windlass.inventory import load
from windlass.inventory.text import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
LOOP = "this link leads back to a folder that it is in: remove it"
PIPE = "cannot be read: this is a named pipe; put a regular file in its place"
FILES = {"inventory/hosts.yml": "web: {hosts: {web1: }}", "inventory/host_vars/web1/a.yml": "x: 1\n"}


def links(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).symlink_to(".")


ENDLESS: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "links to the folder": (lambda found: links(found, "a", "b"), [f"inventory/a: {LOOP}", f"inventory/b: {LOOP}"]),
    "a link further up": (lambda found: (found / "up").symlink_to("../.."), [f"inventory/up: {LOOP}"]),
    "links of a host": (
        lambda found: links(found / "host_vars/web1", "a", "b"),
        [f"inventory/host_vars/web1/a: {LOOP}", f"inventory/host_vars/web1/b: {LOOP}"],
    ),
    "a pipe": (lambda found: os.mkfifo(found / "more.yml"), [f"inventory/more.yml: {PIPE}"]),
    "a pipe in INI": (lambda found: os.mkfifo(found / "more"), [f"inventory/more: {PIPE}"]),
    "a pipe of a group": (
        lambda found: ((found / "group_vars").mkdir(), os.mkfifo(found / "group_vars/web.yml")),
        [f"inventory/group_vars/web.yml: {PIPE}"],
    ),
    "a pipe of a host": (
        lambda found: os.mkfifo(found / "host_vars/web1/b.yml"),
        [f"inventory/host_vars/web1/b.yml: {PIPE}"],
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_refused(name: str, tmp_path: Path) -> None:
    """In a process of its own, which can be ended."""
    make, messages = ENDLESS[name]
    make(project(tmp_path, FILES) / "inventory")
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(tmp_path), "inventory", "--graph"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.removeprefix("error: ").splitlines() == messages


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    folder = project(tmp_path, {**FILES, "shared/more.yml": "db: {hosts: {db1: }}", "vars/b.yml": "y: 2\n"})
    (folder / "inventory/shared").symlink_to("../shared")
    (folder / "inventory/host_vars/web1/vars").symlink_to("../../../vars")
    found = load(folder / "inventory")
    assert list(found.hosts) == ["web1", "db1"]
    assert set(found.variables_of("web1")) == {"x", "y"}


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    folder = project(tmp_path, FILES)
    with (folder / "inventory/more.yml").open("wb") as file:
        file.truncate(LARGEST + 1000)
    assert errors(folder, {}) == [
        "inventory/more.yml: too large: 8,389,608 bytes or more, and at most 8,388,608 are read; split it"
    ]


def test_a_device_is_no_file_of_variables(tmp_path: Path) -> None:
    folder = project(tmp_path, FILES)
    with pytest.raises(
        InventoryError, match=r"^/dev/null: cannot be read: this is a device; put a regular file in its"
    ):
        load(folder / "inventory", ["@/dev/null"])


def test_a_shells_pipe_is_a_file_of_variables(tmp_path: Path) -> None:
    folder = project(tmp_path, FILES)
    with subprocess.Popen(["echo", "x: 5"], stdout=subprocess.PIPE) as echo:
        assert echo.stdout
        found = load(folder / "inventory", [f"@/dev/fd/{echo.stdout.fileno()}"])
    assert found.variables_of("web1")["x"].value == 5


def test_a_pipe_without_an_end_is_not_read_to_it(tmp_path: Path) -> None:
    folder = project(tmp_path, FILES)
    with subprocess.Popen(["head", "-c", str(LARGEST + 1), "/dev/zero"], stdout=subprocess.PIPE) as zeros:
        assert zeros.stdout
        name = f"/dev/fd/{zeros.stdout.fileno()}"
        with pytest.raises(InventoryError, match=f"^{name}: too large: 8,388,609 bytes or more"):
            load(folder / "inventory", [f"@{name}"])


SCRIPT = "#!/bin/sh\necho '{}'\n"


@pytest.mark.parametrize("name", ["ec2.sh", "ec2.py", "ec2", "ec2.ini", "more/ec2", "my script"])
def test_a_script_that_ansible_would_run_is_refused(name: str, tmp_path: Path) -> None:
    folder = project(tmp_path, {**FILES, f"inventory/{name}": SCRIPT})
    (folder / "inventory" / name).chmod(0o755)
    quoted = f"'inventory/{name}'" if " " in name else f"inventory/{name}"
    [said] = errors(folder, {})
    assert said == (
        f"inventory/{name}: Windlass runs no inventory scripts: put the hosts that it lists into a YAML or INI file"
        f" (ansible-inventory -i {quoted} --list --yaml), and the script elsewhere"
    )


def test_a_file_that_only_seems_to_be_a_script(tmp_path: Path) -> None:
    names = ["ec2.sh.bak", "ec2.sh~", ".ec2", "host_vars/ec2.sh"]
    folder = project(
        tmp_path, {**FILES, "inventory/ec2.sh": SCRIPT, "inventory/more": "db1\n", "inventory/a.sh": "echo {}"}
    )
    project(folder, {f"inventory/{name}": SCRIPT for name in names})
    for path in (folder / "inventory").rglob("*"):
        path.chmod(0o644 if path.name == "ec2.sh" and path.parent.name == "inventory" else 0o755)
    assert list(load(folder / "inventory").hosts) == ["web1", "db1"]

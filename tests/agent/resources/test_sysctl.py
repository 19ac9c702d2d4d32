"""Settings of a kernel that is a folder here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge, on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import Sysctl, sysctl

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel with one setting, one for each of two interfaces, and one that a container cannot write."""
    for name, value in (("fs/dumpable", "2\n"), ("net/eth0/redirects", "0\n"), ("net/lo/redirects", "1\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(value)
    (tmp_path / "kernel").symlink_to("/proc/sys/kernel")
    monkeypatch.setattr(sysctl, "KERNEL", str(tmp_path))
    monkeypatch.setattr(sysctl.files, "write", lambda path, data: (tmp_path / path).write_bytes(data))
    return tmp_path


def test_it_sets_what_is_another_now_and_for_the_next_boot(kernel: Path) -> None:
    settings = Sysctl(str(kernel / "file"), "# Why.\nfs.dumpable = 0\nnet.*.redirects = 0\n")
    assert converge(settings) == ["file", "fs.dumpable", "net.*.redirects"]
    assert (kernel / "fs/dumpable").read_text() == "0"
    assert (kernel / "net/lo/redirects").read_text() == "0"
    assert settings.notes() == {}
    assert converge(settings) == []


def test_a_check_shows_the_lines_of_its_file_whoever_has_changed_them(kernel: Path) -> None:
    settings = on_this_machine(Sysctl(str(kernel / "file"), "fs.dumpable = 0\n"))
    assert settings.patch().splitlines()[1:3] == ["new file mode 100644", "--- /dev/null"]
    converge(settings)
    (kernel / "fs/dumpable").write_text("1")
    assert settings.patch() == ""  # its file is as it should be
    (kernel / "file").write_text("fs.dumpable = 2\n")
    assert settings.patch().splitlines()[-2:] == ["-fs.dumpable = 2", "+fs.dumpable = 0"]


def test_what_is_not_to_be_had_is_told(kernel: Path) -> None:
    settings = Sysctl(str(kernel / "file"), "fs.dumpable = 0\nkernel.no_such_setting = 1\n")
    assert converge(settings) == ["file", "fs.dumpable"]
    assert settings.notes()["kernel"].startswith("kernel: 1 of 2 settings are not to be had here")


def test_what_the_kernel_refuses_is_a_failure(kernel: Path) -> None:
    (kernel / "stubborn").symlink_to("/proc/self/mem")
    settings = on_this_machine(Sysctl(str(kernel / "file"), "stubborn = 1\n"))
    with pytest.raises(Failed) as raised:
        settings.apply({"stubborn": ("0", "1")})
    assert str(raised.value) == "the kernel refuses stubborn = 1: Input/output error"

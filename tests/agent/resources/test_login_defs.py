"""login.defs: its own lines stay, each setting is there once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge, on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import LoginDefs, login_defs

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = """\
# UMASK is explained here.
UMASK\t\t022
#HOME_MODE\t0700
MAIL_DIR        /var/mail
ENCRYPT_METHOD SHA512
UMASK 002
"""
AFTER = """\
# UMASK is explained here.
UMASK\t077
#HOME_MODE\t0700
MAIL_DIR        /var/mail
ENCRYPT_METHOD SHA512
HOME_MODE\t0700
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is not root's, for tests that are not either."""
    path = tmp_path / "login.defs"
    path.write_text(BEFORE)
    path.chmod(0o640)
    monkeypatch.setattr(login_defs.files, "write", login_defs.files.replace)
    return path


def wanted(file: Path) -> LoginDefs:
    return LoginDefs(str(file), {"UMASK": "077", "HOME_MODE": "0700", "ENCRYPT_METHOD": "SHA512"})


def test_only_what_differs_is_changed_and_once(file: Path) -> None:
    assert wanted(file).actual() == {"UMASK": "002", "HOME_MODE": None, "ENCRYPT_METHOD": "SHA512"}
    assert converge(wanted(file)) == ["HOME_MODE", "UMASK"]
    assert file.read_text() == AFTER
    assert file.stat().st_mode & 0o777 == 0o640
    assert converge(wanted(file)) == []


def test_what_is_no_utf_8_and_no_end_of_a_line_stays(file: Path) -> None:
    file.write_bytes(b"# Passw\xf6rter\x0cUMASK 022\nUMASK\t022\n")
    assert wanted(file).patch().endswith("differ")
    converge(wanted(file))
    assert file.read_bytes().startswith(b"# Passw\xf6rter\x0cUMASK 022\nUMASK\t077\n")


def test_a_check_shows_the_lines(file: Path) -> None:
    lines = on_this_machine(wanted(file)).patch().splitlines()
    assert {"-UMASK\t\t022", "-UMASK 002", "+UMASK\t077", "+HOME_MODE\t0700"} <= set(lines)
    assert file.read_text() == BEFORE


def test_a_host_without_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"there is no .*none, which every Debian and Ubuntu has"):
        wanted(tmp_path / "none").actual()

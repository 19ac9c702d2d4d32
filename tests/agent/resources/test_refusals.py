"""What stands in a resource's way on a host: the whole message, and nothing is touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent.resources.test_directory import OWNER
from tests.local_machine import converge, on_this_machine
from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.owed import Owed
from windlass.agent.resources import Absent, Directory, File, Link, Sshd

AGAIN = "\n  Move it away, then run again."
# `{at}` has a folder, a file and a link.
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file for a link": (lambda at: converge(Link(f"{at}/file", "x")), "{at}/file is there but is no link" + AGAIN),
    "a folder for nothing": (lambda at: converge(Absent(f"{at}/folder")), "{at}/folder is a directory" + AGAIN),
    "a file for a folder": (
        lambda at: converge(Directory(f"{at}/file", mode=0o755, **OWNER)),
        "{at}/file is there but is no directory" + AGAIN,
    ),
    "a folder for a file": (
        lambda at: converge(File(f"{at}/folder", "x", **OWNER)),
        "{at}/folder is no regular file" + AGAIN,
    ),
    "a link for a file": (
        lambda at: converge(File(f"{at}/link", "x", **OWNER)),
        "{at}/link is no regular file: Too many levels of symbolic links" + AGAIN,
    ),
    "no folder": (
        lambda at: converge(File(f"{at}/gone/file", "x", **OWNER)),
        "cannot write {at}/gone/file: there is no folder {at}/gone",
    ),
    "no user": (
        lambda at: converge(Directory(f"{at}/new", mode=0o755, owner="nosuch", group="root")),
        "there is no user 'nosuch' on the host",
    ),
    "no group": (
        lambda at: converge(Directory(f"{at}/new", mode=0o755, owner=OWNER["owner"], group="nosuch")),
        "there is no group 'nosuch' on the host",
    ),
    "a folder that others may replace": (
        lambda at: files.check(f"{at}/open/folder"),
        (
            "nothing is written to {at}/open/folder: others than root could replace {at}/open/folder\n"
            "  {at}/open has to be root's own: chown root {at}/open; chmod go-w {at}/open"
        ),
    ),
    "nothing that a change could be told to": (
        lambda at: on_this_machine(Link(f"{at}/link", "x")).refresh(),
        "link {at}/link cannot be notified",
    ),
    "an OpenSSH without drop-ins": (
        lambda at: on_this_machine(Sshd(f"{at}/gone/00.conf", "")).apply({}),
        "there is no folder {at}/gone\n  Is this OpenSSH 8.2 or newer?",
    ),
    "a damaged note": (
        lambda at: Owed(str(at)),
        (
            "{at}/owed.json is damaged: it should say which services an earlier run still had to reload\n"
            "  Remove it, and reload nginx and restart what you have doubts about yourself."
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str, tmp_path: Path) -> None:
    for folder in ("folder", "open/folder"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "owed.json").write_text("{")
    before = sorted(os.walk(tmp_path))
    act, message = REFUSED[what]
    with pytest.raises(Failed) as raised:
        act(tmp_path)
    hint = f"\n  {raised.value.hint}" if raised.value.hint else ""
    assert f"{raised.value}{hint}" == message.format(at=tmp_path)
    assert sorted(os.walk(tmp_path)) == before
    assert (tmp_path / "file").read_text() == "precious"

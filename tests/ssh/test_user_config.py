"""~/.ssh/config where paramiko alone would misread it: Match and Include, held against what ssh makes of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.ssh.configs import configure, reach, write
from tests.ssh.sshd import ME, Sshd
from windlass.errors import ConnectError
from windlass.ssh import user_config
from windlass.ssh.config import connection_to

# Match, as far as paramiko has it


@pytest.mark.parametrize(
    ("criteria", "met"),
    [
        ("all", True),
        ("host 127.*", True),
        ("Host *.1,!127.*", False),
        ("originalhost shop", True),
        ("!originalhost shop", False),
        (f"user {ME}", True),
        ("user nobody", False),
        (f"localuser {ME} host 127.0.0.1", True),
        ('exec "test %h = 127.0.0.1"', True),
        ("!exec true", False),
        ("final host 127.0.0.1", True),
        ("CANONICAL", False),
    ],
)
def test_match(home: Path, server: Sshd, criteria: str, met: bool) -> None:
    lines = [f"Port {server.port}", f"IdentityFile {server.key}"]
    configure(home, "Host shop", "HostName 127.0.0.1", f"Match {criteria}", *lines)
    if met:
        reach("shop", server)
    else:
        assert connection_to("shop").port == 22


@pytest.mark.parametrize("criterion", ["tagged x", "localnetwork 10.0.0.0/8", "!Command true"])
def test_a_match_that_paramiko_would_take_for_met_is_refused(home: Path, criterion: str) -> None:
    configure(home, "User me", f"Match originalhost x {criterion}", "User other")
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == (
        f"~/.ssh/config:2: `Match {criterion.split()[0]}` is not understood here\n"
        "  There are: host, originalhost, user, localuser, exec, all, canonical, final."
    )


def test_a_match_exec_that_does_not_end(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_config, "EXEC_TIMEOUT", 0.2)
    configure(home, "Match exec 'sleep 9'", "User other")
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == "the Match exec 'sleep 9' of ssh_config does not end within 0.2 s"


# Include


def test_files_are_put_where_they_are_included(home: Path) -> None:
    write(home, "config.d/a", "User from-a", "Host b*", "Port 2001")
    write(home, "config.d/b", "Host web1", "Port 2002", "Include config.d/deep")
    write(home, "config.d/deep", "HostName 192.0.2.1")
    configure(home, "Include config.d/[ab] ~/.ssh/none", "ConnectTimeout 3", "Host *", "User from-config")
    found = connection_to("web1")
    assert (found.user, found.port, found.host, found.connect_timeout) == ("from-a", 2002, "192.0.2.1", 3)
    other = connection_to("other")
    assert (other.user, other.port, other.host, other.connect_timeout) == ("from-a", 22, "other", 3)


def test_the_same_as_ssh_reads_it(home: Path) -> None:
    write(home, "one", "Host web*", "  Port 2001", "Match host *2", "  User two")
    write(home, "settings", "ConnectTimeout 7")
    lines = ["Include one", "Port 2000", "Host web1", "Include settings", "User one", "Host *", "User rest"]
    configure(home, *lines)
    for name in ("web1", "web2", "db2", "other"):
        # ssh looks the home folder up in the list of users, and takes relative paths from there.
        (home / "flat").write_text((home / ".ssh/config").read_text().replace("Include ", f"Include {home}/.ssh/"))
        command = ["ssh", "-G", "-F", str(home / "flat"), name]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        theirs = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
        found = connection_to(name)
        assert (found.user, str(found.port)) == (theirs["user"], theirs["port"]), name
        assert str(found.connect_timeout or "none") == theirs["connecttimeout"], name


def test_blocks_included_inside_a_block_are_refused(home: Path) -> None:
    write(home, "one", "Host web1", "Port 2001")
    configure(home, "Host web*", "  Include one")
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == (
        "~/.ssh/config:2: an Include inside `Host web*` of a file with Host or Match of its own is not understood\n"
        "  Put the Include above the first Host."
    )


def test_a_file_that_includes_itself(home: Path) -> None:
    configure(home, "Include config")
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == f"{home}/.ssh/config is included by itself, or more than 16 files deep"


@pytest.mark.parametrize("word", ["Include", "Match host"])
def test_a_quote_that_does_not_end(home: Path, word: str) -> None:
    configure(home, f'{word} "x')
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    value = f'{word} "x'.partition(" ")[2]
    assert str(caught.value) == f"~/.ssh/config:1: {value!r} is not understood: No closing quotation"

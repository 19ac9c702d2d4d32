"""~/.ssh/config where paramiko alone would misread it, held against what ssh makes of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.ssh.configs import configure, reach, write
from tests.ssh.sshd import ME, Sshd
from windlass.errors import ConnectError
from windlass.ssh import user_config
from windlass.ssh.config import connection_to


def said_by_ssh(path: Path, name: str) -> dict[str, str]:
    command = ["ssh", "-G", "-F", str(path), name]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(line.split(" ", 1) for line in said.splitlines() if " " in line)


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
        theirs = said_by_ssh(home / "flat", name)
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


# Comments behind values


@pytest.mark.parametrize(
    "lines",
    [
        ["HostName 127.0.0.1 # the box", "User root # bar", "Port 22022 # alt", "IdentityFile /x # the key"],
        ['HostName "127.0.0.1" # the box', 'User "a#b" # bar', 'Port "22022"', 'IdentityFile "/x # y"   # the key'],
        ["HostName=127.0.0.1\t# x", "User a#b", "Port = 022 # x", "ConnectTimeout 5 # seconds"],
        ["HostName 127.0.0.1 ", "User a\t", "Port 22 "],
        ["HostName 127.0.0.1", "User other", "Match host 127.0.0.1 # user nobody", "User met # x", "Port 1"],
        ["HostName 127.0.0.1", "Host other # shop", "Port 1", "Host shop other # x", "Port 2"],
        ["HostName 127.0.0.1", "User x", "ProxyCommand nc %h # x"],
    ],
)
def test_comments(home: Path, lines: list[str]) -> None:
    configure(home, "Host shop # the shop", *lines)
    theirs = said_by_ssh(home / ".ssh/config", "shop")
    found = connection_to("shop")
    assert [found.host, found.user, str(found.port)] == [theirs[name] for name in ("hostname", "user", "port")]
    said = found.ssh_config
    assert said.get("identityfile", [theirs["identityfile"]]) == [theirs["identityfile"]]
    assert said.get("connecttimeout", "none") == theirs["connecttimeout"]
    assert said.get("proxycommand", "") == theirs.get("proxycommand", "").replace("%h", "127.0.0.1")


def test_a_comment_behind_an_include_and_its_files(home: Path) -> None:
    write(home, "one", "User one # x")
    configure(home, "Include one # and more", "Port 2001")
    found = connection_to("web1")
    assert (found.user, found.port) == ("one", 2001)


@pytest.mark.parametrize("port", ["ssh", "70000", "0", "22 x", "-1", "²"])
def test_a_port_that_is_none(home: Path, port: str) -> None:
    configure(home, "Host web*", f"  Port {port} # alt")
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == f"~/.ssh/config:2: Port {port!r} is not a number from 1 to 65535"


# CanonicalizeHostname; what DNS has to be asked for is left out


@pytest.mark.parametrize(
    "lines",
    [
        ["CanonicalDomains a.invalid", "HostName 127.0.0.1", "Port 1", "Host 127.0.0.1", "Port 2", "User two"],
        ["CanonicalDomains a.invalid", "HostName ::1", "Port 1"],
        ["CanonicalDomains a.invalid", "HostName %h.b.invalid", "Port 1", "Match canonical host *.b.*", "User canon"],
        ["CanonicalizeMaxDots 0", "CanonicalDomains a.invalid", "HostName b.invalid"],
        ["CanonicalDomains a.invalid", "CanonicalizeFallbackLocal no", "ProxyJump gate", "HostName box"],
        ["HostName box", "Port 1"],
        ["Port 1"],
    ],
)
def test_hostname_is_what_is_made_canonical(home: Path, lines: list[str]) -> None:
    configure(home, "Host shop", "CanonicalizeHostname yes", *lines)
    theirs = said_by_ssh(home / ".ssh/config", "shop")
    found = connection_to("shop")
    assert [found.host, found.user, str(found.port)] == [theirs[name] for name in ("hostname", "user", "port")]


def test_a_name_that_no_domain_has(home: Path) -> None:
    configure(home, "CanonicalizeHostname yes", "CanonicalizeFallbackLocal no", "HostName box")
    with pytest.raises(ConnectError) as caught:
        connection_to("shop")
    said = "none of the CanonicalDomains of ssh_config has 'box', and CanonicalizeFallbackLocal is no"
    assert str(caught.value) == said

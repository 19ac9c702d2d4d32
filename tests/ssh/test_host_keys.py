"""Host keys: what is believed, from which source, against a real sshd and files made by ssh-keygen."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import ME, Sshd, fingerprint, host, make_key, public
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """An sshd with a host key of each kind."""
    with Sshd(tmp_path_factory.mktemp("sshd"), kinds=("ed25519", "ecdsa", "rsa")) as running:
        yield running


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key that no host has."""
    return make_key(tmp_path_factory.mktemp("keys") / "stranger")


def known(folder: Path, *lines: str) -> Path:
    """A known_hosts file of these lines."""
    file = folder / "known_hosts"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def where(server: Sshd) -> str:
    """The host as messages name it."""
    return f"web1 ({ME}@127.0.0.1:{server.port})"


def shown(server: Sshd) -> str:
    """The host key that it shows who knows none."""
    return f"ssh-ed25519 {fingerprint(server.host_keys['ed25519'])}"


def believe(server: Sshd, *files: Path, accept: bool = False, host_key: str | None = None) -> list[str]:
    """Connect with these known_hosts; what was said."""
    said: list[str] = []
    options = ConnectOptions(attempts=1, accept_new_host_key=accept, known_hosts=list(files))
    ssh.close(ssh.connect(host(server.port, key=server.key, host_key=host_key), options, said.append))
    return said


def test_a_known_key_is_believed(server: Sshd) -> None:
    assert believe(server, server.known_hosts) == []


def test_a_key_in_the_second_file_or_hashed_is_believed(server: Sshd, tmp_path: Path) -> None:
    file = known(tmp_path, f"{server.name} {public(server.host_keys['ed25519'])}")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    believe(server, tmp_path / "none", file)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_host_known_by_one_kind_of_key_shows_that_one(server: Sshd, tmp_path: Path, kind: str) -> None:
    believe(server, known(tmp_path, f"{server.name} {public(server.host_keys[kind])}"))
    believe(server, tmp_path / "none", host_key=public(server.host_keys[kind]))


def test_by_which_kinds_of_keys_a_host_is_known(server: Sshd, tmp_path: Path) -> None:
    def kinds(**options: object) -> frozenset[str]:
        connection = ssh.connect(host(server.port, key=server.key), ConnectOptions(attempts=1, **options))  # type: ignore[arg-type]
        ssh.close(connection)
        return ssh.known_by(connection)

    ecdsa, rsa = (f"{server.name} {public(server.host_keys[kind])}" for kind in ("ecdsa", "rsa"))
    assert kinds(known_hosts=[known(tmp_path, ecdsa)]) == {"ecdsa-sha2-nistp256"}
    assert kinds(known_hosts=[known(tmp_path, ecdsa, rsa)]) == {"ecdsa-sha2-nistp256", "ssh-rsa"}
    assert kinds(known_hosts=[tmp_path / "new"], accept_new_host_key=True) == {"ssh-ed25519"}


def test_a_key_known_for_the_plain_name_is_good_on_any_port(server: Sshd, tmp_path: Path, stranger: Path) -> None:
    believe(server, known(tmp_path, f"127.0.0.1 {public(server.host_keys['rsa'])}"))
    with pytest.raises(ConnectError, match="unknown host key"):  # as ssh: another host on another port
        believe(server, known(tmp_path, f"127.0.0.1 {public(stranger)}"))


def test_the_defaults_are_those_of_ssh(server: Sshd, home: Path) -> None:
    known(home / ".ssh", f"{server.name} {public(server.host_keys['ed25519'])}")
    ssh.close(ssh.connect(host(server.port, key=server.key)))
    known(home / ".ssh", f"other {public(server.host_keys['ed25519'])}")
    known(home, f"alias {public(server.host_keys['ed25519'])}")
    (home / ".ssh/config").write_text("Host 127.0.0.1\n  HostKeyAlias alias\n  UserKnownHostsFile ~/known_hosts\n")
    ssh.close(ssh.connect(host(server.port, key=server.key)))


def test_an_unknown_key_is_refused_before_anything_else_is_said(server: Sshd, tmp_path: Path) -> None:
    before = server.log.count("userauth-request")
    with pytest.raises(ConnectError) as caught:
        believe(server, tmp_path / "none")
    assert str(caught.value) == (
        f"{where(server)}: unknown host key {shown(server)}\n"
        "  Compare it with what the host's console says (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). If it is"
        " the same, run with --accept-new-host-key, or set `host_key` in the inventory"
        f" (ssh-keyscan -t ed25519 -p {server.port} 127.0.0.1 prints it)."
    )
    assert not (tmp_path / "none").exists()
    assert server.log.count("userauth-request") == before


def test_a_new_key_is_accepted_on_demand_written_down_and_said(server: Sshd, tmp_path: Path) -> None:
    file = tmp_path / "new" / "known_hosts"
    (said,) = believe(server, file, accept=True)
    assert said == f"{where(server)}: accepted the new host key {shown(server)}, now in {file}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert believe(server, file) == []
    strict = ["-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={file}", "-i", str(server.key)]
    command = ["ssh", "-F", "none", *strict, "-p", str(server.port), "127.0.0.1", "true"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def test_a_new_key_that_cannot_be_written_down_is_refused(server: Sshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.symlink_to(tmp_path / "none" / "known_hosts")
    with pytest.raises(ConnectError) as caught:
        believe(server, file, accept=True)
    assert str(caught.value) == (
        f"{where(server)}: the new host key {shown(server)} cannot be written to {file}: No such file or directory"
    )


@pytest.mark.parametrize("accept", [False, True])
def test_a_changed_key_is_refused_even_if_new_ones_are_accepted(
    server: Sshd, tmp_path: Path, stranger: Path, accept: bool
) -> None:
    file = known(tmp_path, "# first", f"{server.name} {public(stranger)}")
    content = file.read_text()
    with pytest.raises(ConnectError) as caught:
        believe(server, file, accept=accept)
    assert str(caught.value) == (
        f"{where(server)}: the host key is not the known one: it shows {shown(server)},"
        f" known is ssh-ed25519 {fingerprint(stranger)} ({file}:2)\n"
        f"  If the host was reinstalled, forget the old one: ssh-keygen -R '{server.name}' -f '{file}', and run with"
        " --accept-new-host-key. If not, somebody may be in between: find out first."
    )
    assert file.read_text() == content


def test_a_known_host_that_shows_another_kind_of_key_is_refused(tmp_path: Path, stranger: Path) -> None:
    """Else whoever is in between could show a kind we do not know, and pass for new."""
    with Sshd(tmp_path / "sshd", kinds=("rsa",)) as server:
        file = known(tmp_path, f"{server.name} {public(stranger)}")
        with pytest.raises(ConnectError, match=r"it shows ssh-rsa SHA256:\S+, known is ssh-ed25519 SHA256:"):
            believe(server, file, accept=True)


def test_the_remedy_for_a_changed_key_works(server: Sshd, tmp_path: Path, stranger: Path) -> None:
    file = known(tmp_path, f"{server.name} {public(stranger)}")
    subprocess.run(["ssh-keygen", "-q", "-R", server.name, "-f", file], check=True, capture_output=True)
    believe(server, file, accept=True)
    believe(server, file)


def test_the_inventory_wins_over_known_hosts(server: Sshd, tmp_path: Path, stranger: Path) -> None:
    file = known(tmp_path, f"{server.name} {public(stranger)}")
    believe(server, file, host_key=public(server.host_keys["ed25519"]))
    with pytest.raises(ConnectError) as caught:
        believe(server, server.known_hosts, accept=True, host_key=public(stranger))
    assert f"known is ssh-ed25519 {fingerprint(stranger)} (`host_key` in the inventory)\n" in str(caught.value)
    assert "If the host was reinstalled, correct `host_key` in the inventory. If not," in str(caught.value)


@pytest.mark.parametrize(
    ("host_key", "reason"),
    [
        ("", "it is empty"),
        (
            "AAAA",
            ("'AAAA' is none of ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, ssh-rsa"),
        ),
        ("ssh-ed25519 ???", "what follows the key type is not base64"),
        ("ssh-ed25519 AAAAB3NzaC1yc2E=", "it does not hold a key of the type ssh-ed25519"),
    ],
)
def test_a_host_key_in_the_inventory_that_is_none_is_an_error(
    server: Sshd, tmp_path: Path, host_key: str, reason: str
) -> None:
    with pytest.raises(ConnectError) as caught:
        believe(server, tmp_path / "none", host_key=host_key)
    assert str(caught.value) == (
        f"{where(server)}: `host_key` in the inventory is no public key: {reason}\n"
        "  It looks like `host_key: ssh-ed25519 AAAA...`, as ssh-keyscan prints it without the host."
    )


@pytest.mark.parametrize("others", ["none", "~/global"])
def test_a_new_key_is_refused_where_the_user_has_no_file(server: Sshd, home: Path, others: str) -> None:
    (home / ".ssh/config").write_text(f"Host *\n  UserKnownHostsFile none\n  GlobalKnownHostsFile {others}\n")
    with pytest.raises(ConnectError) as caught:
        ssh.connect(host(server.port, key=server.key), ConnectOptions(attempts=1, accept_new_host_key=True))
    assert str(caught.value) == (
        f"{where(server)}: the new host key {shown(server)} cannot be written down: ssh_config has"
        " `UserKnownHostsFile none`\n  Name a file there, or set `host_key` in the inventory."
    )
    assert not (home / "global").exists()


@pytest.mark.parametrize("in_inventory", [False, True])
@pytest.mark.parametrize("plain", [False, True])
def test_a_revoked_key_is_refused_whoever_believes_it(
    server: Sshd, tmp_path: Path, in_inventory: bool, plain: bool
) -> None:
    key = public(server.host_keys["ed25519"])
    name = "127.0.0.1" if plain else server.name
    file = known(tmp_path, f"{server.name} {key}", f"@revoked {name} {key}")
    with pytest.raises(ConnectError) as caught:
        believe(server, file, host_key=key if in_inventory else None)
    assert str(caught.value) == (
        f"{where(server)}: its host key {shown(server)} is revoked ({file}:2)\n"
        "  Whoever holds that key may not be the host. Give the host a new key."
    )


@pytest.mark.parametrize("pattern", ["127.0.0.?", "[127.0.0.1]:*", "*,!other"])
def test_patterns_of_known_hosts(server: Sshd, tmp_path: Path, stranger: Path, pattern: str) -> None:
    believe(server, known(tmp_path, f"{pattern} {public(server.host_keys['ed25519'])}"))
    with pytest.raises(ConnectError, match="unknown host key"):
        believe(server, known(tmp_path, f"{pattern},!127.0.0.1,![127.0.0.1]:* {public(server.host_keys['ed25519'])}"))


@pytest.mark.parametrize("name", ["127.0.0.1", "*"])
def test_a_certificate_authority_for_hosts_is_not_taken_for_a_host_key(server: Sshd, tmp_path: Path, name: str) -> None:
    """Whose certificates paramiko cannot check: the host is unknown, and the message says why."""
    file = known(tmp_path, f"@cert-authority {name} {public(server.host_keys['ed25519'])}")
    with pytest.raises(ConnectError) as caught:
        believe(server, file)
    unknown, advice = str(caught.value).split("\n")
    assert unknown == (
        f"{where(server)}: unknown host key {shown(server)};"
        f" {file}:1 trusts a certificate authority for it, which cannot be checked here"
    )
    assert advice.startswith("  Compare it with what the host's console says (ssh-keygen -lf")
    believe(server, file, accept=True)
    assert file.read_text().count("\n") == 2

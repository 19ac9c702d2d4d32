"""User certificates, made by ssh-keygen and judged by a real sshd that trusts their authority."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ssh.logins import log_in, refusal
from tests.ssh.sshd import ME, Sshd, agent, fingerprint, make_key, public

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ["ed25519", "ecdsa", "rsa"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("authority") / "authority")


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, authority: Path) -> Iterator[Sshd]:
    """An sshd that lets in whoever the authority has signed a key for."""
    folder = tmp_path_factory.mktemp("sshd")
    with Sshd(folder, "MaxAuthTries 3", f"TrustedUserCAKeys {authority}.pub") as running:
        yield running


def certify(key: Path, authority: Path, *options: str) -> Path:
    """A certificate for ME beside the key."""
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-I", "me", "-n", ME, *options, f"{key}.pub"]
    subprocess.run(sign, check=True)
    return Path(f"{key}-cert.pub")


@pytest.mark.parametrize("kind", KINDS)
def test_the_certificate_beside_a_key_is_used(trusting: Sshd, authority: Path, tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path / "key", kind)
    certify(key, authority)
    log_in(trusting, key)


def test_a_certificate_that_ssh_config_names(trusting: Sshd, authority: Path, tmp_path: Path, home: Path) -> None:
    key = make_key(tmp_path / "key")
    certify(key, authority).rename(home / "elsewhere.pub")
    (home / ".ssh/config").write_text("CertificateFile %d/elsewhere.pub\n")
    log_in(trusting, key)
    (home / ".ssh/config").write_text(f"IdentityFile {key}\nCertificateFile ~/elsewhere.pub\n")
    log_in(trusting)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_agent", [False, True])
def test_the_agents_key_and_certificate(
    trusting: Sshd, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, in_agent: bool
) -> None:
    """ssh-add takes a certificate along where it lies beside the key; else it stays a file of ours."""
    key = make_key(tmp_path / "key", kind)
    certificate = certify(key, authority)
    if not in_agent:
        certificate.rename(tmp_path / "elsewhere.pub")
        (tmp_path / ".ssh/config").write_text(f"CertificateFile {tmp_path}/elsewhere.pub\n")
    with agent(tmp_path, key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        key.unlink()
        log_in(trusting)
        if in_agent:
            log_in(trusting, Path(f"{key}.pub"))


def test_where_the_authority_is_unknown_the_bare_key_is_good(server: Sshd, authority: Path, tmp_path: Path) -> None:
    key = Path(shutil.copy(server.key, tmp_path / "key"))
    shutil.copy(f"{server.key}.pub", f"{key}.pub")
    certificate = certify(key, authority)
    log_in(server, key)
    wrong = make_key(tmp_path / "wrong")
    others = certify(wrong, authority)
    shown = fingerprint(wrong)
    assert refusal(server, wrong).startswith(f"login refused; offered: {others} {shown}, {wrong} {shown}\n")
    assert certificate != others


def test_an_expired_certificate_is_not_offered(trusting: Sshd, authority: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    certificate = certify(key, authority, "-V", "20200101000000Z:20210102030405Z")
    assert refusal(trusting, key).startswith(
        f"login refused; offered: {key} {fingerprint(key)}; not usable: {certificate} (expired 2021-01-02 03:04 UTC)\n"
    )


def test_the_certificate_of_another_key_is_passed_over(trusting: Sshd, authority: Path, tmp_path: Path) -> None:
    key, other = make_key(tmp_path / "key"), make_key(tmp_path / "other")
    certify(other, authority).rename(tmp_path / "key-cert.pub")
    assert refusal(trusting, key).startswith(f"login refused; offered: {key} {fingerprint(key)}\n")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "is damaged"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "is damaged"),
        ("\0", "is damaged"),
        ("the public key", "is no certificate"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_a_file_that_is_no_certificate(trusting: Sshd, tmp_path: Path, content: str | None, fault: str) -> None:
    key = make_key(tmp_path / "key")
    certificate = Path(f"{key}-cert.pub")
    if content is None:
        certificate.mkdir()
    else:
        certificate.write_text(content.replace("the public key", public(key)))
    offered = f"login refused; offered: {key} {fingerprint(key)}"
    assert refusal(trusting, key).startswith(f"{offered}; not usable: {certificate} ({fault})\n")


def test_a_certificate_of_ssh_config_that_is_not_there(trusting: Sshd, home: Path) -> None:
    (home / ".ssh/config").write_text("CertificateFile ~/none\n")
    log_in(trusting, trusting.key)
    assert f"; not usable: {home}/none (cannot be read: No such file or directory)" in refusal(trusting)

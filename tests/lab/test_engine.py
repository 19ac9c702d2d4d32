"""Finding an engine and fitting it to the machine, with small programs that answer as engines do."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from windlass.errors import LabError
from windlass.lab import engine

if TYPE_CHECKING:
    from pathlib import Path

NO_DAEMON = "[ $1 = --version ] && exit 0; echo 'Cannot connect to the Docker daemon at unix:///x' >&2; exit 1"
# Refuses as podman does on a machine with hybrid cgroups that forbids raising limits.
FUSSY = """\
case "$*" in *info*|*--version*) exit 0;; esac
[ -n "$CONTAINERS_CONF" ] || { echo 'Error: crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted' >&2; exit 126; }
case "$*" in "--runtime runc r"[um]*) exit 0;; esac
echo 'Error: OCI runtime error: crun: cgroups in hybrid mode not supported' >&2; exit 126
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH: nothing is installed on this machine but `sh` and what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("WINDLASS_ENGINE", raising=False)
    return folder


def install(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(f"#!{programs}/sh\n{script}\n")
    (programs / name).chmod(0o755)


INSTALL = (
    "install and start one (https://podman.io/docs/installation, https://docs.docker.com/engine/install)\n"
    "  and see that `docker info` or `podman info` works for this user; or run the lab as root"
)


def refusal(say: engine.Say = print) -> str:
    """Why no engine is found."""
    with pytest.raises(LabError) as raised:
        engine.find(say)
    return str(raised.value)


def test_docker_comes_before_podman(programs: Path) -> None:
    install(programs, "docker", "exit 0")
    install(programs, "podman", "exit 0")
    assert [found.name for found in engine.working()] == ["docker", "podman"]


def test_variable_restricts_the_choice(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "docker", "exit 0")
    install(programs, "podman", "exit 0")
    monkeypatch.setenv("WINDLASS_ENGINE", "podman")
    assert [found.name for found in engine.working()] == ["podman"]


def test_docker_client_without_daemon_does_not_count(programs: Path) -> None:
    install(programs, "docker", NO_DAEMON)
    install(programs, "podman", "exit 0")
    assert engine.find(print).name == "podman"


def test_podman_in_the_place_of_docker_is_used_by_its_own_name(programs: Path) -> None:
    install(programs, "docker", "echo podman version 4.3.1")
    install(programs, "podman", "echo podman version 4.3.1")
    assert engine.find(print).name == "podman"


def test_no_engine_and_no_apt_says_what_to_install(programs: Path) -> None:
    install(programs, "docker", NO_DAEMON)
    assert refusal() == (
        "the lab needs docker or podman, and none works here:\n"
        "  docker is here but does not work: docker info: Cannot connect to the Docker daemon at unix:///x\n"
        f"  podman is not installed\n  {INSTALL}"
    )


def test_podman_in_the_place_of_docker_and_none_of_its_own(programs: Path) -> None:
    install(programs, "docker", "echo podman version 4.3.1")
    assert refusal() == (
        "the lab needs docker or podman, and none works here:\n"
        "  docker is not installed (podman answers in its place)\n"
        f"  podman is not installed\n  {INSTALL}"
    )


def test_wanted_docker_is_not_replaced_by_installing_podman(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "apt-get", "exit 0")
    monkeypatch.setenv("WINDLASS_ENGINE", "docker")
    assert refusal() == f"the lab needs docker or podman, and none works here:\n  docker is not installed\n  {INSTALL}"


@pytest.mark.skipif(os.geteuid() != 0, reason="as another user it would ask for sudo")
def test_failing_apt_is_told_in_its_words(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not engine._is_debian_like():
        pytest.skip("not a Debian or Ubuntu")
    (programs / "env").symlink_to("/usr/bin/env")
    install(programs, "apt-cache", "exit 0")
    (programs / "sleep").symlink_to("/bin/sleep")
    failing = "echo 'E: Unable to locate package podman' >&2; exit 100"
    install(programs, "apt-get", f'case "$*" in *install*) {failing};; esac')
    said: list[str] = []
    by_hand = "see that it works, or install podman or docker by hand"
    assert refusal(said.append) == f"apt-get install failed: E: Unable to locate package podman\n  {by_hand}"
    assert said == ["no working docker or podman: installing podman with apt (about 15 s, once)"]
    install(programs, "apt-get", "exec sleep 60")
    monkeypatch.setattr(engine, "APT_TIMEOUT", 0.1)
    assert refusal() == f"apt-get update took more than 0.1 s\n  {by_hand}"


def test_engine_is_fitted_to_a_fussy_machine(programs: Path, tmp_path: Path) -> None:
    install(programs, "podman", FUSSY)
    fitted = engine.fit(engine.find(print), "image", tmp_path, "trial")
    assert fitted.command == ("podman", "--runtime", "runc")
    assert (tmp_path / "containers.conf").read_text() == "[containers]\ndefault_ulimits = []\n"
    fitted.run("run", "image")


def test_rootless_podman_without_cgroup_v2_does_not_count(programs: Path) -> None:
    install(programs, "podman", "echo true v1")
    assert refusal() == (
        "the lab needs docker or podman, and none works here:\n"
        "  docker is not installed\n"
        "  podman works, but without root its hosts get no systemd on this machine (it has no cgroup v2)\n"
        f"  {INSTALL}"
    )


def test_unknown_refusal_is_passed_on(programs: Path, tmp_path: Path) -> None:
    install(programs, "podman", "[ \"$1\" = run ] && { echo 'Error: no space left' >&2; exit 125; }; exit 0")
    with pytest.raises(LabError, match="podman run: Error: no space left"):
        engine.fit(engine.find(print), "image", tmp_path, "trial")


def test_hanging_engine_is_told(programs: Path) -> None:
    install(programs, "podman", "exec /bin/sleep 30")
    with pytest.raises(LabError, match=r"podman info gave no answer within 0\.2 s"):
        engine.Engine("podman", ("podman",)).run("info", timeout=0.2)


def test_an_engine_that_has_gone_is_told(programs: Path) -> None:
    with pytest.raises(LabError) as raised:
        engine.Engine("podman", ("podman",)).run("ps")
    assert str(raised.value) == (
        "podman cannot be started: No such file or directory\n"
        "  install it again, or forget the lab: ./deploy.py lab down"
    )


def test_silent_failure_is_told_with_its_status(programs: Path) -> None:
    install(programs, "podman", "exit 3")
    with pytest.raises(LabError, match="podman ps: exit status 3"):
        engine.Engine("podman", ("podman",)).run("ps")

"""The container engine: finds a docker or podman that really works, installs podman where neither does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from windlass.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

OS_RELEASE = Path("/etc/os-release")
# What podman needs on a machine without any engine; the network part depends on podman's major version.
PACKAGES = ["podman", "runc", "crun", "mmdebstrap", "iptables", "debian-archive-keyring"]
PODMAN_ABOUT = "--format={{.Host.Security.Rootless}} {{.Host.CgroupsVersion}}"
APT_TIMEOUT = 600  # seconds
ROOTLESS_PACKAGES = ["uidmap", "slirp4netns", "fuse-overlayfs"]


class Say(Protocol):
    """Takes one short line of progress for the user."""

    def __call__(self, line: str, /) -> None: ...


class EngineError(LabError):
    """The engine refused a command; `output` is all that it said."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


@dataclass(frozen=True)
class Engine:
    """A working engine: `command` is argv up to the subcommand, `environment` is added to ours."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: bytes | None = None, timeout: float = 60) -> str:
        """Run one engine command and return its stdout; `timeout` in seconds.

        Raises EngineError when it fails and LabError when it hangs.
        """
        argv = [*self.command, *arguments]
        try:
            done = subprocess.run(
                argv,
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                timeout=timeout,
                env={**os.environ, **self.environment},
            )
        except OSError as error:
            raise LabError(
                f"{self.name} cannot be started: {error.strerror}",
                hint="install it again, or forget the lab: ./deploy.py lab down",
            ) from None
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} {arguments[0]} gave no answer within {timeout:g} s") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
            raise EngineError(
                f"{self.name} {arguments[0]}: {_last_line(said) or f'exit status {done.returncode}'}", said
            )
        return done.stdout.decode(errors="replace")

    def succeeds(self, *arguments: str, timeout: float = 60) -> bool:
        """Whether the command ends with status 0."""
        try:
            self.run(*arguments, timeout=timeout)
        except LabError:
            return False
        return True


def working() -> list[Engine]:
    """The engines that answer, docker before podman; WINDLASS_ENGINE=docker|podman restricts the choice."""
    return [Engine(name, (name,)) for name in _candidates() if _fault(name) is None]


def find(say: Say) -> Engine:
    """The first engine that answers; installs podman where there is none and apt can.

    Raises LabError with what to install.
    """
    if engines := working():
        return engines[0]
    faults = [fault for name in _candidates() if (fault := _fault(name))]
    if "podman is not installed" in faults:
        _install_podman(say, faults)
        if engines := working():
            return engines[0]
        faults = [fault for name in _candidates() if (fault := _fault(name))]
    raise _no_engine(faults)


def fit(engine: Engine, image: str, folder: Path, trial: str, *options: str) -> Engine:
    """The engine with the options that this machine needs to start a container of `image` at all.

    Tried, not assumed: crun refuses hybrid cgroups, and some machines forbid raising a resource limit.
    `trial` names the container to try it with, `options` are more for it; `folder` gets a file if one is needed.
    """
    for _ in range(3):
        engine.succeeds("rm", "--force", trial)  # left by a trial that was cut short
        try:
            engine.run("run", "--rm", "--name", trial, *options, "--network=none", "--entrypoint=/bin/true", image)
        except EngineError as error:
            better = _workaround(engine, error.output, folder)
            if better is None or better == engine:
                raise
            engine = better
        else:
            return engine
    return engine


def _candidates() -> list[str]:
    wanted = os.environ.get("WINDLASS_ENGINE")
    return [wanted] if wanted else ["docker", "podman"]


def _workaround(engine: Engine, output: str, folder: Path) -> Engine | None:
    """What helps against a known refusal of podman; None = nothing known."""
    if engine.name != "podman":
        return None
    if "hybrid" in output or "cgroup v1" in output.lower():
        return Engine(engine.name, (*engine.command, "--runtime", "runc"), engine.environment)
    if "setrlimit" in output or "rlimit" in output.lower():
        file = folder / "containers.conf"
        file.write_text("[containers]\ndefault_ulimits = []\n")
        return Engine(engine.name, engine.command, {**engine.environment, "CONTAINERS_CONF": str(file)})
    return None


def _fault(name: str) -> str | None:
    """Why this engine is of no use; None = it works. A client without a daemon does not work."""
    if shutil.which(name) is None:
        return f"{name} is not installed"
    engine = Engine(name, (name,))
    try:
        # podman-docker answers to "docker" but takes podman's workarounds: use it by its own name.
        if name == "docker" and "podman" in engine.run("--version").lower():
            return "docker is not installed (podman answers in its place)"
        about = engine.run("info", *([PODMAN_ABOUT] if name == "podman" else []), timeout=30).split()
    except LabError as error:
        return f"{name} is here but does not work: {error}"
    if about == ["true", "v1"]:
        return "podman works, but without root its hosts get no systemd on this machine (it has no cgroup v2)"
    return None


def _install_podman(say: Say, faults: list[str]) -> None:
    """Install podman with apt as root or through sudo; raises LabError where that is no option."""
    if not _is_debian_like() or shutil.which("apt-get") is None:
        raise _no_engine(faults)
    prefix = [] if os.geteuid() == 0 else ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    if prefix and shutil.which("sudo") is None:
        raise _no_engine(faults)
    for fault in faults:
        if "not installed" not in fault:
            say(fault)
    say("no working docker or podman: installing podman with apt (about 15 s, once)")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    _apt(apt, "update")
    packages = PACKAGES + _network_packages() + (ROOTLESS_PACKAGES if prefix else [])
    _apt(apt, "install", "--no-install-recommends", *packages)


def _network_packages() -> list[str]:
    """podman 4 uses the CNI plugins that Debian 12 has; podman 5 knows netavark only."""
    shown = subprocess.run(["apt-cache", "show", "podman"], capture_output=True, text=True).stdout
    version = next((line.split()[1] for line in shown.splitlines() if line.startswith("Version:")), "")
    if version and int(version.split(":")[-1].split(".")[0]) >= 5:
        return ["netavark", "aardvark-dns", "nftables"]
    return ["containernetworking-plugins"]


def _apt(apt: list[str], command: str, *words: str) -> None:
    try:
        done = subprocess.run([*apt, command, *words], capture_output=True, text=True, timeout=APT_TIMEOUT)
    except subprocess.TimeoutExpired:
        why = f"took more than {APT_TIMEOUT} s"
    else:
        if not done.returncode:
            return
        why = f"failed: {_last_line(done.stderr or done.stdout)}"
    raise LabError(f"apt-get {command} {why}", hint="see that it works, or install podman or docker by hand")


def _is_debian_like() -> bool:
    lines = OS_RELEASE.read_text().splitlines() if OS_RELEASE.exists() else []
    words = " ".join(line for line in lines if line.startswith(("ID=", "ID_LIKE=")))
    return "debian" in words or "ubuntu" in words


def _no_engine(faults: list[str]) -> LabError:
    return LabError(
        "\n  ".join(["the lab needs docker or podman, and none works here:", *faults]),
        hint="install and start one (https://podman.io/docs/installation, https://docs.docker.com/engine/install)\n"
        "  and see that `docker info` or `podman info` works for this user; or run the lab as root",
    )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""

"""A Python virtual environment with what an app requires."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from windlass.agent import files
from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.release import space
from windlass.agent.resources import confined
from windlass.agent.resources.owner import group_id, user_id
from windlass.agent.resources.pip_reason import explain
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from windlass.agent.resources.content import Content

PYTHON = "/usr/bin/python3"
# Debian's own pip as a wheel that runs from where it lies: a venv without ensurepip is made in 0.05 s, not in 5.7 s,
# and there is no pip in production for anybody to use.
PIP_WHEELS = "/usr/share/python-wheels/pip-*.whl"
# Written last and by root: a venv without it was cut off in the making.
MARKER = ".complete"
PIP_TIMEOUT = 1800
# Where a login gets its environment from, pam_env(8).
ENVIRONMENT = "/etc/environment"
# No more than one line of progress in this time (seconds).
PROGRESS_INTERVAL = 0.5


@dataclass(eq=False)
class Venv(Resource):
    """A virtual environment at `path`, whose name stands for all that is in it, so that it is made once or not at all.

    It is made by `user` under the restrictions `sandbox` (properties of a unit), for packages run code of their own
    while they are installed, and then belongs to root: the app can read it, and not change it. There must be room for
    it to be as large as the one `like` (a path; not there = nobody knows how large it will be). `gunicorn` is a
    requirement to install besides (None = it is among the requirements); `hashed` says that pip insists on hashes for
    all that is installed together with the requirements.
    """

    path: str
    user: str
    like: str
    requirements: Content
    constraints: Content
    sandbox: Sequence[str] = ()
    gunicorn: str | None = None
    hashed: bool = False
    wavering = ("complete",)

    def desired(self) -> State:
        return {"complete": True}

    def actual(self) -> State:
        if not os.path.lexists(self.path):
            return None
        # Its interpreter is a link to the system's, which an upgrade of the distribution takes away.
        return {"complete": os.path.exists(f"{self.path}/{MARKER}") and os.path.exists(self._python)}

    def apply(self, diff: Diff) -> None:
        wheels = sorted(glob.glob(PIP_WHEELS))
        if not wheels:
            raise Failed(f"there is no pip on the host ({PIP_WHEELS})", hint="Install the package python3-venv.")
        confined.end(self.machine, self.user)
        size = space.taken(os.path.realpath(self.like))
        if os.path.lexists(self.path):
            shutil.rmtree(self.path)
        space.check(os.path.dirname(self.path), size, "what the app requires")
        try:
            self._make({"PYTHONPATH": wheels[-1], **network_settings()})
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def _make(self, environment: dict[str, str]) -> None:
        os.mkdir(self.path, mode=0o700)
        os.chown(self.path, user_id(self.user), group_id(self.user))
        self._as_user([PYTHON, "-m", "venv", "--without-pip", self.path])
        self._install(environment)
        self.machine.say("compiling")
        self._compile()
        seal(self.path, group_id(self.user))
        # The marker must not reach the disk before what it vouches for.
        self.machine.run(["sync", "-f", self.path], timeout=600)
        files.write(f"{self.path}/{MARKER}", b"", mode=0o644)

    @property
    def _python(self) -> str:
        return f"{self.path}/bin/python"

    def _install(self, environment: dict[str, str]) -> None:
        # No cache: the app's user has no place for one that the running app could not tamper with.
        pip = [
            self._python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-cache-dir",
            "--no-compile", "--progress-bar=off", "--no-warn-script-location",
        ]  # fmt: skip
        listed = [*self._listed("-r", "requirements", self.requirements)]
        limits = [*self._listed("-c", "constraints", self.constraints)]
        gunicorn = [self.gunicorn] if self.gunicorn else []
        if gunicorn and self.hashed:
            self._pip([*pip, *listed, *limits], environment)
            self._pip([*pip, *gunicorn, *limits], environment)
        else:
            self._pip([*pip, *listed, *gunicorn, *limits], environment)
        if not os.path.exists(f"{self.path}/bin/gunicorn"):
            raise Failed(
                "the requirements name gunicorn, but pip did not install it",
                hint="Is there a condition (; ...) behind it that is not true on this host?",
            )

    def _listed(self, option: str, name: str, content: Content) -> tuple[str, ...]:
        """The option that makes pip read a text, which is put beside the packages; nothing for an empty one."""
        if not content.size:
            return ()
        path = f"{self.path}/{name}.txt"
        files.write(path, content.read(), mode=0o640, gid=group_id(self.user))
        return option, path

    def _pip(self, argv: Sequence[str], environment: dict[str, str]) -> None:
        try:
            self._as_user(argv, env=environment, timeout=PIP_TIMEOUT, each_line=Progress(self.machine.say))
        except CommandFailed as failure:
            reason, hint = explain(failure.output)
            raise Failed(f"the requirements cannot be installed: {reason}", hint=hint) from None

    def _compile(self) -> None:
        """Once and on all CPUs: the app cannot write compiled files later."""
        try:
            self._as_user([self._python, "-m", "compileall", "-q", "-j0", f"{self.path}/lib"], timeout=600)
        except CommandFailed:
            if self.machine.aborted.is_set():
                raise
            # Else: some packages carry files that are not Python of this version.

    def _as_user(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, **options: Any) -> None:
        properties = [*self.sandbox, f"ReadWritePaths={self.path}"] if self.sandbox else []
        confined.run(self.machine, argv, user=self.user, properties=properties, env=env or {}, **options)


class Progress:
    """Says which package pip is busy with, not more often than a person can read."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = 0.0

    def __call__(self, line: str) -> None:
        words = line.split()
        if line.startswith("Installing collected packages:"):
            self._say(f"installing {len(words) - 3} packages")
        elif words[:1] == ["Collecting"]:
            self._say_now_and_then(f"downloading {words[1]}")
        elif words[:3] == ["Building", "wheel", "for"]:
            self._say_now_and_then(f"building {words[3]}")

    def _say_now_and_then(self, text: str) -> None:
        if time.monotonic() > self._last + PROGRESS_INTERVAL:
            self._last = time.monotonic()
            self._say(text)


def network_settings() -> dict[str, str]:
    """Proxies and certificates from /etc/environment, which a login would get; pip reads /etc/pip.conf itself."""
    try:
        with open(ENVIRONMENT, encoding="utf-8", errors="replace") as file:
            pairs = [line.strip().split("=", 1) for line in file if "=" in line and not line.startswith("#")]
    except FileNotFoundError:
        return {}
    wanted = ("PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE")
    return {
        name: value.strip("\"'") for name, value in pairs if name.startswith(wanted) or name.lower().endswith("_proxy")
    }


def seal(path: str, group: int) -> None:
    """Gives a tree that somebody else has made to root: read by `group`, written by nobody, no set-uid bits.

    Top-down, so that whatever still runs as its maker has no folder left in which to swap a file for a link.
    """
    for place, folders, names, handle in os.fwalk(path, follow_symlinks=False):
        os.fchown(handle, 0, 0)
        os.fchmod(handle, 0o755)  # nosec B103 - the folder above lets the app's group in alone
        for name in (*names, *folders):
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                continue
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                # It may be a file of somebody else's, e.g. /etc/shadow, on a kernel that lets one link to it.
                raise Failed(
                    f"{place}/{name} has another name elsewhere (a hard link), so it may be somebody else's file",
                    hint="A package has made it while it was installed: do without that package, or tell its makers.",
                )
            os.chown(name, 0, 0, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                os.chmod(name, 0o755 if status.st_mode & 0o111 else 0o644, dir_fd=handle)
    os.chown(path, 0, group)
    os.chmod(path, 0o750)  # noqa: S103 - the group is the app's own

"""A Python virtual environment with what an app requires."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.facts import PYTHONS
from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.release import space
from windlass.agent.release.environment import Environment
from windlass.agent.resources import confined, failed_build, package_index, pip_settings
from windlass.agent.resources.owner import group_id, user_id
from windlass.agent.resources.package_index import PYTHON
from windlass.agent.resources.pip_progress import Progress
from windlass.agent.resources.pip_reason import explain
from windlass.agent.resources.resource import Diff, Resource, State, compare
from windlass.agent.resources.sealed import seal
from windlass.agent.resources.user import User

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from windlass.agent.resources.content import Content

# Written last and by root: a venv without it was cut off in the making.
MARKER = ".complete"
# Home and temporary files of who makes it, on the disk that the venv has to fit on; gone when it is sealed.
WORKSHOP = ".build"
PIP_TIMEOUT = 1800
_BUNDLED = "import ensurepip, glob, os; print(*glob.glob(os.path.dirname(ensurepip.__file__) + '/_bundled/pip-*.whl'))"
# For root alone: a login to an index may be in it.
SETTINGS = "/run/windlass-pip.env"


@dataclass(eq=False)
class Venv(Resource):
    """A virtual environment at `path`, whose name stands for all that is in it, so that it is made once or not at all.

    Packages run code of their own while they are installed, so it is made by a user who is nobody else, under the
    restrictions `sandbox` (properties of a unit), with nothing in sight that an app could have written. Then it
    belongs to root: who is in `group` can read it, and not change it. There must be room for it to be as large as the
    one `like` (a path; not there = nobody knows how large it will be). `gunicorn` are lines for pip besides ("" = it
    is among the requirements); `hashed` says that pip insists on hashes. `python` is the
    name or path of the interpreter, `version` (3.12) what one that is not the system's must be, `told` what its user
    should hear of it.
    """

    path: str
    group: str
    like: str
    requirements: Content
    constraints: Content
    sandbox: Sequence[str] = ()
    gunicorn: str = ""
    hashed: bool = False
    python: str = PYTHON
    version: str = ""
    told: str = ""
    wavering = ("complete",)

    def desired(self) -> State:
        return {"complete": True}

    def actual(self) -> State:
        if not os.path.lexists(self.path):
            return None
        # Its interpreter is a link to the system's, which an upgrade of the distribution takes away.
        return {"complete": os.path.exists(f"{self.path}/{MARKER}") and os.path.exists(self._python)}

    def apply(self, diff: Diff) -> None:
        pip = package_index.pip()
        confined.end(self.machine, confined.BUILDER)
        self._have_builder()
        python = self._interpreter()
        size = space.taken(os.path.realpath(self.like))
        if os.path.lexists(self.path):
            shutil.rmtree(self.path)
        space.check(os.path.dirname(self.path), size, "what the app requires")
        try:
            self._make(python, self._pip_of(python) or pip)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def _have_builder(self) -> None:
        builder = User(confined.BUILDER, "/nonexistent")
        builder.machine = self.machine
        if diff := compare(builder.desired(), builder.actual()):
            builder.apply(diff)

    def _interpreter(self) -> str:
        """The path of the interpreter. Raises Failed when it is not there, or of another version."""
        found = shutil.which(self.python, path=":".join(PYTHONS))
        if found is None:
            raise Failed(
                f"there is no {self.python} on the host",
                hint="Install it (`packages`, where the distribution has it), or leave the app's `python` out.",
            )
        if self.python == PYTHON:
            return found
        said = self._asked(found, "import sys; print('%d.%d' % sys.version_info[:2])")
        if said != self.version:
            raise Failed(f"{found} is not Python {self.version}, but {said}", hint="Correct the app's `python`.")
        return found

    def _pip_of(self, python: str) -> str:
        """The pip that an interpreter brings for its own version; "" = none, as Debian has it."""
        wheel = "" if python == PYTHON else self._asked(python, _BUNDLED)
        return wheel and f"{wheel}/pip"

    def _asked(self, python: str, question: str) -> str:
        # Whose it is, is not known: it runs as nobody in particular.
        try:
            return self.machine.run([python, "-I", "-c", question], user=confined.BUILDER).strip()
        except CommandFailed:
            return ""

    def notes(self) -> dict[str, Any]:
        return {"warning": self.told} if self.told else {}

    def _make(self, python: str, pip: str) -> None:
        for folder in (self.path, self._workshop):
            os.mkdir(folder, mode=0o700)
            os.chown(folder, user_id(confined.BUILDER), group_id(confined.BUILDER))
        with _settings():
            self._build([python, "-I", "-m", "venv", "--without-pip", self.path])
            self._install(pip)
            self.machine.say("compiling")
            self._compile()
        shutil.rmtree(self._workshop)
        seal(self.path, group_id(self.group))
        # The marker must not reach the disk before what it vouches for.
        self.machine.run(["sync", "-f", self.path], timeout=600)
        files.write(f"{self.path}/{MARKER}", f"made by {confined.BUILDER}\n".encode(), mode=0o644)

    @property
    def _python(self) -> str:
        return f"{self.path}/bin/python"

    @property
    def _workshop(self) -> str:
        return f"{self.path}/{WORKSHOP}"

    def _install(self, pip: str) -> None:
        # No cache: there is no place for one that what was installed before could not have tampered with.
        install = [
            self._python, "-I", pip, "install", "--no-user", "--no-input", "--disable-pip-version-check",
            "--no-cache-dir", "--no-compile", "--progress-bar=off", "--no-warn-script-location",
        ]  # fmt: skip
        listed = self._listed("-r", "requirements", self.requirements.read())
        limits = self._listed("-c", "constraints", self.constraints.read())
        gunicorn = self._listed("-r", "gunicorn", self.gunicorn.encode())
        if gunicorn and self.hashed:
            self._pip([*install, *listed, *limits])
            # All of it has hashes, and what else it needs is with the requirements.
            self._pip([*install, "--require-hashes", "--no-deps", *gunicorn])
        else:
            self._pip([*install, *listed, *gunicorn, *limits])
        if not os.path.exists(f"{self.path}/bin/gunicorn"):
            raise Failed(
                "the requirements name gunicorn, but pip did not install it",
                hint="Is there a condition (; ...) behind it that is not true on this host?",
            )

    def _listed(self, option: str, name: str, text: bytes) -> tuple[str, ...]:
        """The option that makes pip read a text, which is put beside the packages; nothing for an empty one."""
        if not text:
            return ()
        path = f"{self.path}/{name}.txt"
        files.write(path, text, mode=0o640, gid=group_id(confined.BUILDER))
        return option, path

    def _pip(self, argv: Sequence[str]) -> None:
        try:
            self._build(argv, timeout=PIP_TIMEOUT, each_line=Progress(self.machine.say))
        except CommandFailed as failure:
            reason, hint = explain(failure.output)
            if failed := failed_build.find(failure.output):
                (folder,) = os.listdir(f"{self.path}/lib")
                python = folder.removeprefix("python")
                # Not by the venv's own interpreter: packages may run code at every start of that one.
                reason, hint = (
                    failed.reason(python),
                    failed.hint(self.machine, [self._interpreter(), "-I", argv[2]], python),
                )
            raise Failed(f"the requirements cannot be installed: {reason}", hint=hint) from None

    def _compile(self) -> None:
        """Once and on all CPUs: the app cannot write compiled files later."""
        try:
            self._build([self._python, "-I", "-m", "compileall", "-q", "-j0", f"{self.path}/lib"], timeout=600)
        except CommandFailed:
            if self.machine.aborted.is_set():
                raise
            # Else: some packages carry files that are not Python of this version.

    def _build(self, argv: Sequence[str], **options: Any) -> None:
        own = {"HOME": self._workshop, "TMPDIR": self._workshop, "PYTHONNOUSERSITE": "1"}
        properties = [*self.sandbox, f"ReadWritePaths={self.path}"] if self.sandbox else []
        options |= {"user": confined.BUILDER, "properties": properties, "env": own, "env_file": SETTINGS}
        confined.run(self.machine, argv, **options)


def is_made_apart(path: str) -> bool:
    """Whether a venv was made out of an app's sight; an empty marker is from before that was done."""
    try:
        return os.path.getsize(f"{path}/{MARKER}") > 0
    except OSError:
        return False


@contextmanager
def _settings() -> Iterator[None]:
    """The file of variables that processes get which make a venv."""
    files.write(SETTINGS, Environment(pip_settings.variables(), frozenset()).file(), mode=0o600)
    try:
        yield
    finally:
        os.unlink(SETTINGS)

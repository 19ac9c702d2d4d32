"""The folder of one release: filled where nobody looks, complete from the moment it has its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from windlass.agent import files
from windlass.agent.failures import CommandFailed
from windlass.agent.release import data
from windlass.agent.release.compressed import remove_stale
from windlass.agent.release.instance import Instance
from windlass.agent.release.records import FILLING
from windlass.agent.release.unpack import grant, unpack
from windlass.agent.resources.owner import group_id
from windlass.agent.resources.package_index import PYTHON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine
    from windlass.agent.release.environment import Environment
    from windlass.agent.release.records import Record, Releases
    from windlass.agent.resources.content import Content


class Parts(Protocol):
    """What the folder of a release is made from; `static` are the folders of the code that nginx serves,
    `data` the paths in it that the app writes to.
    """

    app: str
    machine: Machine
    code: Content
    venv: str
    gunicorn_conf: Content
    service: Content
    socket: Content
    static: Sequence[str]
    data: Sequence[str]

    @property
    def releases(self) -> Releases:
        """Where it belongs."""


def make(release: Parts, record: Record, environment: Environment) -> None:
    """Makes the folder of a new release, and its units; starts nothing."""
    group = group_id(release.app)
    instance = Instance(release.machine, release.app, record.id)
    folder = release.releases.path(f"{FILLING}{record.id}")
    final = release.releases.path(record.id)
    os.mkdir(folder, mode=0o700)
    unpack(release.code.read(), f"{folder}/code", record.created)
    for path in remove_stale(f"{folder}/code", release.static):
        words = f"{release.app}: {path} is not what {path[: -len('.gz')]} is, and so left out: make it anew"
        release.machine.tell({"type": "warning", "text": words})
    data.lead(folder, release.app, release.data)
    _compile(release.machine, f"{folder}/code", f"{final}/code")
    grant(f"{folder}/code", group, release.static)
    grant(f"{folder}/{data.FIRST}", group, ())
    files.write(f"{folder}/env", environment.file(), mode=0o600)
    files.write(f"{folder}/gunicorn.conf.py", release.gunicorn_conf.read(), mode=0o640, gid=group)
    os.symlink(os.path.relpath(release.venv, final), f"{folder}/venv")
    os.symlink(instance.address, f"{folder}/app.sock")
    release.releases.save(record, folder)
    os.chown(folder, 0, group)
    os.chmod(folder, 0o751)  # noqa: S103 - nginx passes through to socket and static files
    # All of it must be on the disk before `current` can point to it.
    release.machine.run(["sync", "-f", folder], timeout=600)
    os.rename(folder, final)
    instance.define(release.service.read(), release.socket.read())


def edited(path: str) -> bool:
    """Whether somebody has changed the code of the release in the folder `path` since it was made.

    Told by the times of change (ctime), which nobody can set: 1,000 files take some milliseconds.
    """
    try:
        made = os.lstat(f"{path}/app.sock").st_ctime_ns  # after the code, and never again
        places = (
            f"{place}/{name}" for place, _, names in os.walk(f"{path}/code", onerror=_raise) for name in (".", *names)
        )
        return any(os.lstat(place).st_ctime_ns > made for place in places)
    except FileNotFoundError:
        return True


def _raise(error: OSError) -> None:
    """A folder that is gone would be passed over."""
    raise error


def _compile(machine: Machine, folder: str, final: str) -> None:
    """Compiles the code, for the app cannot write here; by the system's Python, as root must not run the venv's.

    (Packages of a venv may run code at every start of its Python.)
    """
    try:
        machine.run([PYTHON, "-I", "-S", "-m", "compileall", "-q", "-d", final, folder], timeout=600)
    except CommandFailed:
        if machine.aborted.is_set():
            raise
        # Else: what cannot be compiled is either never imported or will be told by Gunicorn.

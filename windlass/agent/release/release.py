"""A new release: code, venv, environment and units that take over the traffic together, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from windlass.agent.failures import Failed
from windlass.agent.release import command, data, folder, rows, space
from windlass.agent.release.environment import Environment
from windlass.agent.release.records import FAILED, GOOD, Record
from windlass.agent.release.serving import Serving, told
from windlass.agent.release.setup import set_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.release.switch import Switch
    from windlass.agent.resources.content import Content
    from windlass.agent.resources.resource import Diff, State


AS_WANTED = "as wanted"


@dataclass(eq=False)
class Release(Serving):
    """A release that is to get the traffic.

    `digest` is the hash of the code, `size` its bytes when unpacked, `environment` an Environment as JSON,
    `gunicorn_digest` what `configuration.digest` makes of `gunicorn_conf`, `service` and `socket` the texts of its
    units, `static` the folders of the code that nginx serves, `data` the paths in it that the app writes to (folders
    end with `/`), `process` the environment that all its processes have before the app's own (%i = the release),
    `sandbox` the restrictions of its unit, one property each. Of `setup_command` (before the first release on the host)
    and `release_command` (before each) `""` = none; `elsewhere` means that another host has run them for this one. What
    it shows never has a secret in it: the identity, which covers the environment, stays in a record for root alone.

    What somebody changes by hand in the release that serves, a new one puts right.
    """

    code: Content
    digest: str
    size: int
    venv: str
    environment: Content
    gunicorn_conf: Content
    gunicorn_digest: str
    service: Content
    socket: Content
    static: Sequence[str]
    data: Sequence[str]
    process: dict[str, str]
    sandbox: Sequence[str]
    setup_command: str
    release_command: str
    release_timeout: float
    elsewhere: bool
    commit: str | None
    dirty: bool

    # --- what is, and what shall be ---

    def desired(self) -> State:
        wanted = dict.fromkeys(self._wanted, AS_WANTED)
        return {"code": self._code, **wanted, "folders": "there", "health": "good", "leftovers": 0}

    def actual(self) -> State:
        current = self.releases.undamaged_current()
        if current is None:
            return None
        return {
            "code": f"{current.code}, edited" if folder.edited(self.releases.path(current.id)) else current.code,
            **self._compared(current),
            "folders": ", ".join(f"no {path}" for path in data.missing(self.app, current.data)) or "there",
            "health": self._health(current),
            "leftovers": 0 if self._left_to_do else len(self._leftovers(current).found()) + self._unfinished(current),
        }

    def lasting(self, state: State) -> State:
        current = self.releases.current
        if state is None or current is None:
            return state and {"code": state["code"], **self._wanted}
        found = self._configuration(current).parts
        as_it_is = {name: wanted if state[name] == AS_WANTED else found[name] for name, wanted in self._wanted.items()}
        return {"code": state["code"], **as_it_is}

    def patch(self) -> str:
        current = self.releases.current
        if current is None:
            return ""
        found = self._configuration(current)
        others = (name for name in self._files if found.parts[name] != self._wanted[name])
        return "\n".join(filter(None, (found.patch(name, self._files[name].read()) for name in others)))

    def _compared(self, current: Record) -> dict[str, str]:
        """How each part of its configuration is, in words."""
        found = self._configuration(current)
        others = {name for name, wanted in self._wanted.items() if found.parts[name] != wanted}
        words = {name: found.difference(name, self._files[name].read()) for name in others & self._files.keys()}
        return {**dict.fromkeys(self._wanted, AS_WANTED), **dict.fromkeys(others, "different"), **words}

    def _needed_venv(self) -> str:
        return self.venv

    @property
    def _code(self) -> str:
        """Names code and requirements; it is shown, and so covers nothing secret."""
        return hashlib.sha256(f"{self.digest} {os.path.basename(self.venv)}".encode()).hexdigest()[:8]

    @property
    def _files(self) -> dict[str, Content]:
        return {
            "env": self.environment,
            "gunicorn": self.gunicorn_conf,
            "service": self.service,
            "socket": self.socket,
        }

    @property
    def _wanted(self) -> dict[str, Any]:
        """All that runs but code and requirements, as a Configuration's parts; it covers secrets, and is not shown."""
        digests = {name: content.sha256 for name, content in self._files.items()}
        digests["gunicorn"] = self.gunicorn_digest
        paths = {"static": list(self.static), "data": list(self.data)}
        return {**digests, **paths, "release_command": self.release_command}

    @property
    def _identity(self) -> str:
        """Names all that runs."""
        return hashlib.sha256(json.dumps([self.digest, self.venv, self._wanted]).encode()).hexdigest()

    # --- the way there ---

    def apply(self, diff: Diff) -> None:
        self._settle()
        current = self.releases.current
        if current and "folders" in diff:
            self._fill(current)
        if not set(diff) <= {"leftovers", "folders"}:
            self._deploy()

    def _deploy(self) -> None:
        current = self.releases.current
        if current and (known := self._known(current)):
            self._return_to(known, current)
            return
        space.check(self.releases.folder, self.size, "the release")
        environment = Environment.from_json(self.environment.read())
        record = self._record(current, environment)
        try:
            switch = self._bring_up(record, current, environment)
        except BaseException as failure:
            words = told(failure, environment)
            self._give_up(record, words)
            if isinstance(failure, Failed):
                raise self._explain(words, failure, current) from None
            raise
        self._finish(switch, record)

    def _known(self, current: Record) -> Record | None:
        """The release that has all this already, still, and was good: somebody has gone back from it."""
        same = (record for record in self.releases.all() if record.identity == self._identity and record.state == GOOD)
        return next((record for record in same if record.id != current.id and self._is_intact(record)), None)

    def _is_intact(self, record: Record) -> bool:
        edited = folder.edited(self.releases.path(record.id))
        return not edited and self._configuration(record).parts == self._wanted

    def _bring_up(self, record: Record, current: Record | None, environment: Environment) -> Switch:
        """Everything that can fail with the old release still there."""
        reused = any(other.venv == self.venv for other in self.releases.all())
        with self._step("upload"):
            folder.make(self, record, environment)
            self._fill(record, current)
        self._steps["venv"] = "reused" if reused else "new"
        if self.setup_command:
            run = partial(self._run_command, "setup command", self.setup_command, record, environment)
            set_up(self.machine, self.app, self.releases, self.setup_command, run, elsewhere=self.elsewhere)
        if self.release_command and not self.elsewhere:
            self._run_command("release command", self.release_command, record, environment)
        self._leftovers(current).await_ends()
        return self._take_over(record, current)

    def _run_command(self, kind: str, line: str, record: Record, environment: Environment) -> None:
        self.machine.heed_abort()
        guard = rows.Guard(self.machine, self.app, self.sandbox)
        with self._step(kind):
            guard.begin()
            try:
                command.run(
                    self.machine,
                    line,
                    kind=kind,
                    user=self.app,
                    folder=f"{self.releases.path(record.id)}/code",
                    process={name: value.replace("%i", record.id) for name, value in self.process.items()},
                    environment=environment,
                    env_file=f"{self.releases.path(record.id)}/env",
                    properties=self.sandbox,
                    timeout=self.release_timeout,
                )
            finally:
                guard.end(kind, line)

    def _record(self, current: Record | None, environment: Environment) -> Record:
        """A new release, younger by name than all others even if the clock was set back."""
        newest = max((record.created for record in self.releases.all()), default=0)
        created = max(int(time.time()), newest + 1)
        return Record(
            id=f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(created))}-{self._code}",
            identity=self._identity,
            code=self._code,
            venv=self.venv,
            created=created,
            static=list(self.static),
            data=list(self.data),
            release_command=self.release_command,
            commit=self.commit,
            dirty=self.dirty,
            previous=current.id if current else "",
            who=self.machine.who,
            health_path=self.health_path,
            secret=sorted(environment.secret),
        )

    def _give_up(self, record: Record, reason: str) -> None:
        """Leaves nothing of a release but its folder, to be looked at, with the reason."""
        if self._has_traffic(record):
            return
        if not self.releases.current and os.path.isdir(self.releases.path(record.id)):
            self._instance(record.id).kill()  # with its units there, commands can be run in it
        else:
            self._instance(record.id).discard()
        if os.path.isdir(self.releases.path(record.id)):
            record.state, record.reason = FAILED, reason.partition("\n")[0]
            self.releases.save(record)
        self._leftovers(None).remove_strays()

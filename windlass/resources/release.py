"""[H] A release of an app: code, venv, environment and units that take over the traffic together, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass.release import command, folder
from windlass.release.environment import Environment
from windlass.release.health import Question
from windlass.release.instance import Instance, defined
from windlass.release.leftovers import Leftovers
from windlass.release.records import FAILED, GOOD, Record, Releases
from windlass.release.switch import Switch
from windlass.resources.resource import Diff, Failed, Resource, State
from windlass.resources.unit import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from windlass.resources.content import Content

# When nothing is being deployed, a current release that takes longer to answer is not healthy (seconds).
PROBE_TIMEOUT = 10


@dataclass(eq=False)
class Release(Resource):
    """The release of `app` that gets its traffic; `app` is also its user and the stem of its units.

    `digest` is the hash of the code, `size` its bytes when unpacked, `environment` an Environment as JSON, `service`
    and `socket` the texts of its units, `host_name` and `health_path` the health check, `static` the folders of the
    code that nginx serves, `process` the environment that all its processes have before the app's own (%i = the
    release); `release_command` `""` = none. Times are in seconds. What it shows never has a secret in it: the identity,
    which covers the environment, stays in a record for root alone.
    """

    app: str
    code: Content
    digest: str
    size: int
    venv: str
    environment: Content
    gunicorn_conf: Content
    service: Content
    socket: Content
    host_name: str
    health_path: str
    health_timeout: float
    static: Sequence[str] = ()
    process: dict[str, str] = field(default_factory=dict)
    release_command: str = ""
    release_timeout: float = 600
    drain_timeout: float = 30
    watch: float = 2
    keep: int = 5
    commit: str | None = None
    dirty: bool = False

    def __post_init__(self) -> None:
        self.releases = Releases(f"/srv/{self.app}")
        self.question = Question(self.host_name, self.health_path)
        self._steps: dict[str, float] = {}

    # --- what is, and what shall be ---

    def desired(self) -> State:
        return {"code": self._code, "configuration": "as wanted", "health": "good", "leftovers": 0}

    def actual(self) -> State:
        current = self.releases.current
        if current is None:
            return None
        return {
            "code": current.code,
            "configuration": "as wanted" if current.configuration == self._configuration else "different",
            "health": self._health(current),
            "leftovers": len(self._leftovers(current).found()) + self._unfinished(current),
        }

    def notes(self) -> dict[str, Any]:
        current = self.releases.current
        if current is None:
            return {}
        notes = {"app": self.app, "release": current.id}
        if current.commit:
            notes["commit"] = f"commit {current.commit[:10]}{' with changes' if current.dirty else ''}"
        if self._steps:
            notes["steps"] = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in self._steps.items())
        return notes

    @property
    def units(self) -> list[str]:
        """The units to ask systemd about, together with those of all other resources."""
        names = self.machine.probe(("instances", self.app), lambda: defined(self.app))
        return [unit for name in names for unit in (self._instance(name).service, self._instance(name).socket)]

    @property
    def _code(self) -> str:
        """Names code and requirements; it is shown, and so covers nothing secret."""
        return hashlib.sha256(f"{self.digest} {os.path.basename(self.venv)}".encode()).hexdigest()[:8]

    @property
    def _configuration(self) -> str:
        """Names all that runs but code and requirements; it covers secrets, and is not shown."""
        contents = (self.environment, self.gunicorn_conf, self.service, self.socket)
        parts = [*(content.sha256 for content in contents), *self.static, self.release_command]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def _identity(self) -> str:
        """Names all that runs."""
        return hashlib.sha256(f"{self.digest} {self.venv} {self._configuration}".encode()).hexdigest()

    def _instance(self, release: str) -> Instance:
        return Instance(self.machine, self.app, release)

    def _health(self, release: Record) -> str:
        instance = self._instance(release.id)
        # Asking would start a service that somebody has stopped: its socket still listens.
        if show(self.machine, instance.service).get("ActiveState") != "active":
            return "not running"
        try:
            answer = self.question.ask(instance.address, PROBE_TIMEOUT)
        except OSError as error:
            return error.strerror or str(error)
        return "good" if answer.good else f"HTTP {answer.status}"

    def _leftovers(self, current: Record | None) -> Leftovers:
        return Leftovers(self.machine, self.app, self.releases, current, self.keep, self.venv)

    def _unfinished(self, current: Record) -> bool:
        """Whether a run that switched to it was cut off before its end."""
        return current.state != GOOD or not self._instance(current.id).enabled

    # --- the way there ---

    def apply(self, diff: Diff) -> None:
        self._settle()
        if set(diff) != {"leftovers"}:
            self._deploy()
            self._settle()

    def _deploy(self) -> None:
        folder.check_space(self.releases.folder, self.size)
        current = self.releases.current
        record = self._record(current)
        environment = Environment.from_json(self.environment.read())
        try:
            with self._step("upload"):
                folder.make(self, record, environment)
            if self.release_command:
                with self._step("release command"):
                    self._run_command(record, environment)
            switch = self._switch(record, current)
            with self._step("start"):
                switch.start()
            with self._step("switch"):
                switch.turn()
        except BaseException as failure:
            masked = environment.mask(str(failure))
            self._give_up(record, masked)
            if isinstance(failure, Failed):
                serving = f"release {current.id} goes on serving" if current else "nothing serves this app yet"
                raise Failed(f"{masked}\n{serving}", hint=failure.hint) from None
            raise
        record.state = GOOD
        self.releases.save(record)
        with self._step("drain"):
            switch.finish()

    def _run_command(self, record: Record, environment: Environment) -> None:
        command.run(
            self.machine,
            self.release_command,
            user=self.app,
            folder=f"{self.releases.path(record.id)}/code",
            process={name: value.replace("%i", record.id) for name, value in self.process.items()},
            environment=environment,
            timeout=self.release_timeout,
        )

    def _record(self, current: Record | None) -> Record:
        """A new release, younger by name than all others even if the clock was set back."""
        newest = max((record.created for record in self.releases.all()), default=0)
        created = max(int(time.time()), newest + 1)
        return Record(
            id=f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(created))}-{self._code}",
            identity=self._identity,
            configuration=self._configuration,
            code=self._code,
            venv=self.venv,
            created=created,
            commit=self.commit,
            dirty=self.dirty,
            previous=current.id if current else "",
        )

    def _switch(self, record: Record, current: Record | None) -> Switch:
        return Switch(
            self.releases,
            new=self._instance(record.id),
            old=self._instance(current.id) if current else None,
            question=self.question,
            health_timeout=self.health_timeout,
            drain_timeout=self.drain_timeout,
            watch=self.watch,
        )

    def _give_up(self, record: Record, reason: str) -> None:
        """Leaves nothing of a release but its folder, to be looked at, with the reason."""
        self._instance(record.id).discard()
        if os.path.isdir(self.releases.path(record.id)):
            record.state, record.reason = FAILED, reason.partition("\n")[0]
            self.releases.save(record)
        self._leftovers(None).remove_strays()

    def _settle(self) -> None:
        """Finishes what an earlier run has begun, and removes what nobody needs any more."""
        self.machine.forget()
        current = self.releases.current
        if current and self._unfinished(current) and self._health(current) == "good":
            self._instance(current.id).enable()
            current.state = GOOD
            self.releases.save(current)
        self._leftovers(current).remove(self.question, self.drain_timeout)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.machine.say(name)
        start = time.monotonic()
        yield
        self._steps[name] = time.monotonic() - start

"""One run: many hosts in parallel, each from connection to outcome."""

from __future__ import annotations

import getpass
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from windlass import questions
from windlass.app import App
from windlass.catalog import Catalog, Entry
from windlass.errors import AgentError, HostError, UsageError, WindlassError
from windlass.host import Facts
from windlass.outcome import Outcome, Result
from windlass.ssh import connection as ssh
from windlass.template import load_templates
from windlass.transport import Session, shipment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    import fabric

    from windlass.host import Host
    from windlass.report import Report
    from windlass.settings import AppSettings
    from windlass.source import Source
    from windlass.ssh.connection import ConnectOptions
    from windlass.wire import Message


# How long the jobs of an interrupted run have to say how far they came (seconds).
FAREWELL = 5
LOOK = 0.2  # How often the main thread wakes: a signal that reaches another thread does not wake it.
NOT_BEGUN = "interrupted before it began"


@dataclass(frozen=True)
class Request:
    """What is asked of every host; `tags` None = all roles, `app` None = all apps."""

    command: str
    check: bool = False
    diff: bool = False
    tags: frozenset[str] | None = None
    app: str | None = None
    forks: int = 10
    state: str = "/var/lib/windlass"  # the agent's own folder on the host: lock, owed refreshes
    who: str = field(default_factory=lambda: f"{_login()}@{socket.gethostname()}")


def _login() -> str:
    """The user's name, or number where no name belongs to it, as in some CI containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@contextmanager
def reached(
    host: Host,
    options: ConnectOptions,
    say: Callable[[str], None],
    given: fabric.Connection | None = None,
    *,
    may_install: bool = False,
) -> Iterator[Session]:
    """An agent on a host, whose facts it has told; `given` is a connection that somebody made already.

    `may_install` allows to install Python where there is none.
    """
    if given is None:
        connection = ssh.connect(host, options, say)
    else:
        connection = ssh.adopt(given, options, say, host_key=host.connect.host_key, password=host.connect.password)
    try:
        session = Session(connection, host.connect, say, may_install=may_install)
        host.facts = Facts.from_hello(session.facts)
        yield session
    finally:
        ssh.close(connection)


class Run:
    """Hosts on their way to what their roles say."""

    def __init__(self, request: Request, options: ConnectOptions, project: Path, report: Report) -> None:
        self.request = request
        self.options = options
        self.project = project
        self.report = report
        self.interrupted = False
        self._sessions: dict[str, Session] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._telling = Lock()
        self._sources: dict[tuple[str, str], Source] = {}

    def converge(self, hosts: list[Host], given: Mapping[str, fabric.Connection] | None = None) -> list[Outcome]:
        """Converges the hosts, at most `forks` at a time; `given` has connections that are already made, by host name.

        Whatever can be refused without a connection is refused here, before the first one. Ctrl-C sets `interrupted`
        and ends all sessions: each agent notices, stops what runs on its host, and each job says how far it came.
        """
        apps = {host.name: self._apps(host) for host in hosts}
        pool = ThreadPoolExecutor(self.request.forks)
        jobs = {
            host.name: pool.submit(self._converge_one, host, apps[host.name], (given or {}).get(host.name))
            for host in hosts
        }
        try:
            _prepare()
            while wait(jobs.values(), timeout=LOOK).not_done:
                pass
            return [job.result() for job in jobs.values()]
        except KeyboardInterrupt:
            self.interrupted = True
            questions.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            for session in (begun := dict(self._sessions)).values():
                session.close()
            wait([jobs[name] for name in begun], timeout=FAREWELL)
            return [self._farewell(name, job) for name, job in jobs.items()]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _farewell(self, host: str, job: Future[Outcome]) -> Outcome:
        """How far an interrupted job came, as it says; it has not begun, or has no time to say."""
        if job.done() and not job.cancelled():
            return job.result()
        fault = "interrupted; it does not say how far it came" if host in self._sessions else NOT_BEGUN
        return self._told(Outcome(host, error=HostError(fault)))

    def _told(self, outcome: Outcome) -> Outcome:
        """Tells of a host once: its first outcome, be it the job's own or that of an interrupt."""
        with self._telling:
            first = self._outcomes.setdefault(outcome.host, outcome)
            if first is outcome:
                self.report.finished(outcome)
        return first

    def _apps(self, host: Host) -> list[App]:
        names = [name for name in host.settings.apps if self.request.app in (None, name)]
        if self.request.app and not names:
            import difflib

            near = difflib.get_close_matches(self.request.app, host.settings.apps, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(host.settings.apps) or 'none'}"
            raise UsageError(f"there is no app {self.request.app!r} on {host.name}", hint=hint)
        settings = host.settings.apps
        return [App(name, settings[name], self._source(name, settings[name])) for name in names]

    def _source(self, name: str, settings: AppSettings) -> Source:
        """The app's code; hosts that have the same app share it."""
        from windlass.source import load

        key = (name, settings.model_dump_json())
        if key not in self._sources:
            self._sources[key] = load(name, settings, self.project)
        return self._sources[key]

    def _converge_one(self, host: Host, apps: list[App], given: fabric.Connection | None) -> Outcome:
        outcome = Outcome(host.name, plain=_plain_urls(host, apps))
        start = time.monotonic()
        self.report.started(host.name)
        try:
            self._follow(host, apps, given, outcome)
        except WindlassError as error:
            outcome.error = error
        except Exception as bug:  # the other hosts go on, and the summary tells of this one
            outcome.error = AgentError(f"a bug in Windlass: {type(bug).__name__}: {bug}")
            outcome.error.__cause__ = bug
        if self.interrupted and outcome.error:
            done = f"{outcome.counts['changed']} changed, {outcome.counts['ok']} ok"
            after = HostError(f"interrupted after {done}", hint="Run again: what was done is kept.")
            outcome.error = after if host.name in self._sessions else HostError(NOT_BEGUN)
        outcome.seconds = time.monotonic() - start
        return self._told(outcome)

    def _entries(self, host: Host, apps: list[App]) -> Iterator[Entry]:
        from roles import APP_ROLES, HOST_ROLES

        tags = self.request.tags
        for name, host_role in HOST_ROLES.items():
            if tags is None or name in tags:
                yield from (Entry(resource, name) for resource in host_role(host, apps))
        for app in apps:
            for name, app_role in APP_ROLES.items():
                if tags is None or name in tags:
                    yield from (Entry(resource, name, app.name) for resource in app_role(host, app))

    def _follow(self, host: Host, apps: list[App], given: fabric.Connection | None, outcome: Outcome) -> None:
        """Converges a host over one session, and puts what its agent says into the outcome."""
        say = self.report.sayer(host.name)
        with reached(host, self.options, say, given, may_install=not self.request.check) as session:
            self._sessions[host.name] = session
            if self.interrupted:
                raise HostError(NOT_BEGUN)
            catalog = Catalog(self._entries(host, apps))
            request = {name: getattr(self.request, name) for name in ("check", "diff", "who", "command", "state")}
            request["catalog"] = catalog.encoded()
            try:
                on_event = self._listener(catalog, outcome)
                session.ask({"type": "converge", **request}, catalog.contents, on_event)
            finally:
                outcome.execs = session.execs

    def _listener(self, catalog: Catalog, outcome: Outcome) -> Callable[[Message], None]:
        def on_event(event: Message) -> None:
            match event["type"]:
                case "started" | "progress":
                    entry = catalog.entries[event["id"]]
                    self.report.progress(outcome.host, entry, event.get("text", ""))
                case "result":
                    result = _result(catalog.entries[event["id"]], event)
                    outcome.results.append(result)
                    self.report.result(outcome.host, result)
                case other:
                    raise AgentError(f"the agent said {other!r}")

        return on_event


def _plain_urls(host: Host, apps: list[App]) -> list[str]:
    off = [app.settings for app in apps if host.settings.tls_of(app.settings).mode == "off"]
    return [f"http://{settings.domains[0]}/" for settings in off]


def _prepare() -> None:
    """Loads what every host needs next, while the connections are being made."""
    shipment()
    import_module("roles")
    load_templates()


def _result(entry: Entry, event: dict[str, Any]) -> Result:
    values = {name: value for name, value in event.items() if name not in ("type", "id")}
    return Result(role=entry.role, app=entry.app, resource=entry.resource.name, **values)


def known_tags() -> list[str]:
    """The names of all roles, in order."""
    from roles import APP_ROLES, HOST_ROLES

    return [*HOST_ROLES, *APP_ROLES]

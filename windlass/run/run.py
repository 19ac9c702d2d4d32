"""One run: many hosts in parallel, each from connection to outcome."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from windlass.errors import AgentError, HostError, WindlassError
from windlass.host import Facts, Login
from windlass.output import questions
from windlass.output.interrupt import LOOK, Interrupt, noticing
from windlass.output.outcome import Outcome, Progress, Result
from windlass.run.catalog import Catalog
from windlass.run.incoming import Budget
from windlass.run.operator import operator
from windlass.run.transport import Session, shipment
from windlass.ssh import connection as ssh
from windlass.template import load_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    import fabric

    from windlass.agent.messages.answers import Event
    from windlass.agent.messages.answers import Result as Told
    from windlass.agent.messages.requests import Converge
    from windlass.host import Host
    from windlass.output.report import Report
    from windlass.run.catalog import Entry
    from windlass.run.plan import Plan
    from windlass.settings import AppSettings
    from windlass.ssh.options import ConnectOptions


# How long the jobs of an interrupted run have to say how far they came (seconds).
FAREWELL = 5
# What a host may say of one run: above all, what release commands do (bytes).
CONVERGING = Budget(size=256 * 1024 * 1024)
NOT_BEGUN = "interrupted before it began"


@dataclass(frozen=True)
class Request:
    """What is asked of every host, beside the plan."""

    command: str
    check: bool = False
    diff: bool = False
    forks: int = 10
    state: str = "/var/lib/windlass"  # the agent's own folder on the host: lock, owed refreshes
    who: str = field(default_factory=operator)


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
        session = Session(connection, host.connect, say, may_install=may_install, options=options)
        host.facts = Facts.from_hello(session.facts)
        host.login = Login(connection.user, ssh.by_password(connection), ssh.known_by(connection))
        yield session
    finally:
        ssh.close(connection)


class Run:
    """Hosts on their way to what a plan says."""

    def __init__(self, request: Request, options: ConnectOptions, plan: Plan, report: Report) -> None:
        self.request = request
        self.options = options
        self.plan = plan
        self.report = report
        self.interrupted = False
        self._sessions: dict[str, Session] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._finishing: set[str] = set()  # hosts
        self._telling = Lock()

    def converge(self, hosts: Sequence[Host], given: Mapping[str, fabric.Connection] | None = None) -> list[Outcome]:
        """Converges the hosts, at most `forks` at a time; `given` has connections that are already made, by host name.

        Ctrl-C sets `interrupted` and ends all sessions: each agent notices, stops what runs on its host, and each job
        says how far it came.
        """
        connections = given or {}
        pool = ThreadPoolExecutor(self.request.forks)
        jobs: dict[str, Future[Outcome]] = {}
        with noticing() as interrupt:
            try:
                for host in hosts:
                    jobs[host.name] = pool.submit(self._converge_one, host, connections.get(host.name))
                _prepare()
                while wait(jobs.values(), timeout=LOOK).not_done:
                    interrupt.check()
                interrupt.check()
                return [job.result() for job in jobs.values()]
            except KeyboardInterrupt:
                self._interrupt(pool, jobs, interrupt)
                return [self._farewell(host.name, jobs.get(host.name)) for host in hosts]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _interrupt(self, pool: ThreadPoolExecutor, jobs: dict[str, Future[Outcome]], interrupt: Interrupt) -> None:
        """Ends all sessions, and gives the jobs time to say how far they came; a second Ctrl-C ends that, too."""
        self.interrupted = True
        questions.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        begun = dict(self._sessions)
        last = {name: jobs[name] for name in begun if name in jobs}
        try:
            for session in begun.values():
                session.interrupt()
            self._await(last, interrupt)
        finally:
            for session in begun.values():
                session.close()
        self._await(last, interrupt)

    def _await(self, jobs: dict[str, Future[Outcome]], interrupt: Interrupt) -> None:
        """Gives jobs time to end; those whose hosts finish what must not be cut off have as much as they need."""
        end = time.monotonic() + FAREWELL
        while left := wait(jobs.values(), timeout=LOOK).not_done:
            interrupt.check()
            if time.monotonic() > end and not any(jobs[name] in left for name in tuple(self._finishing)):
                break

    def _farewell(self, host: str, job: Future[Outcome] | None) -> Outcome:
        """How far an interrupted job came, as it says; it has not begun, or has no time to say."""
        if job and job.done() and not job.cancelled():
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

    def _converge_one(self, host: Host, given: fabric.Connection | None) -> Outcome:
        outcome = Outcome(host.name, plain=_plain_urls(host, self.plan.apps(host)))
        start = time.monotonic()
        self.report.started(host.name)
        try:
            self._follow(host, given, outcome)
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

    def _follow(self, host: Host, given: fabric.Connection | None, outcome: Outcome) -> None:
        """Converges a host over one session, and puts what its agent says into the outcome."""
        say = self.report.sayer(host.name)
        with reached(host, self.options, say, given, may_install=not self.request.check) as session:
            self._sessions[host.name] = session
            if self.interrupted:
                raise HostError(NOT_BEGUN)
            catalog = Catalog(self.plan.entries(host))
            request: Converge = {
                "type": "converge",
                "check": self.request.check,
                "diff": self.request.diff,
                "who": self.request.who,
                "command": self.request.command,
                "state": self.request.state,
                "whole": self.plan.whole,
                "catalog": catalog.encoded(),
                "own_kinds": catalog.own_kinds(),
            }
            try:
                session.ask(request, catalog.contents, self._listener(catalog, outcome), CONVERGING)
                if self.interrupted and len(outcome.results) < len(catalog.entries):
                    raise HostError("interrupted")
            finally:
                outcome.execs, outcome.sent = session.execs, session.sent

    def _listener(self, catalog: Catalog, outcome: Outcome) -> Callable[[Event], None]:
        def progress(number: int, text: str = "", *, whole: bool = False) -> None:
            entry = catalog.entry(number)
            self.report.progress(outcome.host, Progress(entry.role, entry.app, entry.resource.name, text, whole))

        def on_event(event: Event) -> None:
            if event["type"] == "started":
                progress(event["id"])
            elif event["type"] == "progress":
                progress(event["id"], event["text"], whole=event["whole"])
            elif event["type"] == "finishing":
                self._finishing.add(outcome.host)
                progress(event["id"], f"{event['text']} (Ctrl-C again leaves the host alone with that)", whole=True)
            elif event["type"] == "left_over":
                outcome.left_over = event["apps"]
            elif event["type"] != "result":
                raise AgentError(f"the agent said {event['type']!r}")
            elif len(outcome.results) == len(catalog.entries):
                raise AgentError("the agent has told of more resources than there are")
            elif not (self.interrupted and event["status"] == "failed"):  # it was stopped
                result = _result(catalog.entry(event["id"]), event)
                outcome.results.append(result)
                self.report.result(outcome.host, result)

        return on_event


def _plain_urls(host: Host, apps: Mapping[str, AppSettings]) -> list[str]:
    off = [settings for settings in apps.values() if host.settings.tls_of(settings).mode == "off"]
    return [f"http://{settings.domains[0]}/" for settings in off]


def _prepare() -> None:
    """Loads what every host needs next, while the connections are being made."""
    shipment()
    import_module("roles")
    load_templates()


def _result(entry: Entry, event: Told) -> Result:
    values: dict[str, Any] = {name: value for name, value in event.items() if name not in ("type", "id")}
    return Result(role=entry.role, app=entry.app, resource=entry.resource.name, **values)

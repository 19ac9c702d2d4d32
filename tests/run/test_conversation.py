"""What agents say, believed or not: a hostile host is one clear error, and steers no terminal."""

from __future__ import annotations

import io
import tracemalloc
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.agent_process import own_file
from tests.hostile import lines, watched
from windlass.agent.messages.answers import ANSWERS
from windlass.agent.wire import ANSWERS as LIMITS
from windlass.cli.commands import audit, releases, status
from windlass.cli.commands.asking import answered, show
from windlass.cli.commands.facts import _facts, table
from windlass.errors import AgentError, HostError
from windlass.host import Facts
from windlass.output.log_view import LogView
from windlass.output.outcome import Outcome
from windlass.output.report import Report
from windlass.output.terminal import Terminal
from windlass.run.attachment import Output
from windlass.run.catalog import Catalog, Entry
from windlass.run.conversation import Conversation
from windlass.run.plan import Rollbacks
from windlass.run.run import Request, Run
from windlass.ssh.options import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.run.transport import Session

ASK: Any = {"type": "releases", "apps": []}
LONG = settings(max_examples=10_000, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink])
SHORT = settings(suppress_health_check=list(HealthCheck))


class Agent:
    """Lines of somebody who says that he is an agent, as a Session has them."""

    def __init__(self, *said: bytes) -> None:
        self.said: list[str] = []
        self.sent = io.BytesIO()
        self._conversation = Conversation(
            io.BytesIO(b"".join(said)),
            self.sent,
            say=self.said.append,
            log_in_again=lambda: "",
            lost=lambda hint: AgentError("it is over"),
        )
        self.hello = self._conversation.hello

    def ask(self, request: Any, contents: Any, on_event: Any, budget: Any = None) -> None:
        self._conversation.ask(request, contents, on_event)


def refusal(*said: bytes, ask: Any = ASK) -> str:
    with pytest.raises(HostError) as raised:
        Agent(*said).ask(ask, {}, lambda event: None)
    return str(raised.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b'{"type":"refused","reason":"no \\u001b[2J"}\n', "no \\x1b[2J"),
        (b'{"type":"refused"}\n', "the agent sent nonsense: refused lacks reason"),
        (b'{"type":"warning","text":1}\n', "the agent sent nonsense: warning.text is 1, no text"),
        (b'{"type":"bye","size":5}\nhello', "the agent sent nonsense: a body of 5 bytes"),
        (b"x" * LIMITS.line, f"the agent sent nonsense: too long: {b'x' * 200!r}"),
        (b'{"type":"login"}\n', "the agent asks for a login that there is no reason for"),
        (b"", "it is over"),
    ],
)
def test_what_is_not_believed(said: bytes, words: str) -> None:
    assert refusal(said) == words


def test_second_logins_have_an_end() -> None:
    ask = {"type": "converge"}
    assert refusal(b'{"type":"login"}\n' * 11, ask=ask) == "the agent asks for a login that there is no reason for"
    assert refusal(b'{"type":"login"}\n' * 10, ask=ask) == "it is over"


def test_an_agent_that_answers_nothing() -> None:
    with pytest.raises(AgentError, match=r"^the agent ended without an answer$"):
        answered(cast("Session", Agent(b'{"type":"bye"}\n')), ASK, 1)
    told = b'{"type":"releases","apps":[]}\n'
    with pytest.raises(AgentError, match=r"^the agent said 'releases'$"):
        answered(cast("Session", Agent(told, told)), ASK, 1)


def test_no_line_takes_much_memory() -> None:
    """Those that take most: lists and objects in two or three characters each."""
    for part in (b"[],", b"{},", b'{"":0},', b"[[]],"):
        line = b'{"type":"audit","entries":[%s{}]}' % (part * (LIMITS.line // len(part) - 10))
        tracemalloc.start()
        try:
            with pytest.raises(AgentError, match="nonsense"):
                Agent(line + b"\n").ask(ASK, {}, lambda event: None)
            assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
        finally:
            tracemalloc.stop()


# A hostile host, in front of everything that asks one


def shown(document: dict[str, Any], parts: Callable[[Any], Any]) -> None:
    for as_json in (False, True):
        show([{"host": "web1", "error": None, **document}], parts, as_json=as_json)


def ask_for(kind: str, parts: Callable[[Any], Any]) -> Callable[[Agent], None]:
    def follow(agent: Agent) -> None:
        told = answered(agent, {"type": kind, "apps": []}, 1)  # type: ignore[arg-type]
        shown({"system": "debian 12", "cpus": 2, **told}, parts)

    return follow


def facts(agent: Agent) -> None:
    host = SimpleNamespace(facts=Facts.from_hello(agent.hello()))
    answer: Any = {"host": "web1", **_facts(cast("Any", host), cast("Any", agent))}
    print("\n".join(table([answer], 80)))


def logs(agent: Agent) -> None:
    view = LogView(["web1", "web2"], {"shop"})
    view.failed("web2", "no answer")
    agent.ask({"type": "logs"}, {}, lambda event: view.take("web1", event))


def program(agent: Agent) -> None:
    agent.ask({"type": "run"}, {}, Output(lambda stream, data: None).take)


def converge(agent: Agent) -> None:
    resources = [own_file(cast("Path", f"/{number}"), "") for number in range(4)]
    catalog = Catalog(Entry(each, "base", app) for each, app in zip(resources, ("shop", None) * 2, strict=True))
    report = Report(Terminal(), verbosity=2, check=True, debug=True)
    run = Run(Request("test"), PLAIN, Rollbacks(to={}), report)
    outcome = Outcome("web1")
    report.started("web1")
    try:
        agent.ask({"type": "converge"}, {}, run._listener(catalog, outcome))
    except HostError as error:
        outcome.error = error
    finally:
        run._told(outcome)
        report.summary([outcome])
        assert outcome.broken({"shop"}) <= {"shop"}
        outcome.switched()


EVERYBODY: dict[str, Callable[[Agent], None]] = {
    "status": ask_for("status", status._lines),
    "releases": ask_for("releases", releases._parts),
    "audit": ask_for("audit", audit._parts),
    "hello": facts,
    "line": logs,
    "output": program,
    "result": converge,
}
OTHERS = tuple(ANSWERS.items())


@st.composite
def conversations(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """Whom a host faces, and what it says."""
    kind = draw(st.sampled_from(sorted(EVERYBODY)))
    fitting = lines(((kind, ANSWERS[kind]),))
    said = draw(st.lists(fitting | lines(OTHERS), max_size=5) | st.lists(fitting, min_size=1, max_size=3))
    return kind, [*said, draw(st.sampled_from([b"", b'{"type":"bye"}\n', b'{"ty']))]


def face(told: tuple[str, list[bytes]]) -> None:
    kind, said = told
    agent = Agent(*said)
    with watched():
        try:
            EVERYBODY[kind](agent)
        except HostError as error:
            print(error)
        print(*agent.said, sep="\n")


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@SHORT
@given(conversations())
def test_whatever_a_host_says(told: tuple[str, list[bytes]]) -> None:
    face(told)


@pytest.mark.soak
@LONG
@given(conversations())
def test_whatever_a_host_says_for_long(told: tuple[str, list[bytes]]) -> None:
    face(told)

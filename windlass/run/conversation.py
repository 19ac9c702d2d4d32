"""What is said with an agent: requests out, answers in, each of them believed only once it has been checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from windlass.agent.messages.answers import answer
from windlass.agent.messages.checked import Malformed
from windlass.agent.wire import ANSWERS, REQUESTS, Wire, WireError
from windlass.errors import AgentError, HostError
from windlass.words import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from windlass.agent.messages.answers import Answer, Event
    from windlass.agent.messages.documents import HostFacts
    from windlass.agent.messages.requests import Request

# Of a run that was cut off.
KEPT = "Run again: what was done is kept."
# One for each change that could lock everybody out; a host that asks for more wants something else (second logins).
MOST_LOGINS = 10


class Conversation:
    """A conversation over two streams.

    `say` shows a sentence; `log_in_again` tells why a second login does not work ("" = it does); `lost` gives the error
    for a stream that has ended, with a hint.
    """

    def __init__(
        self,
        reader: BinaryIO,
        writer: BinaryIO,
        *,
        say: Callable[[str], None],
        log_in_again: Callable[[], str],
        lost: Callable[[str | None], HostError],
    ) -> None:
        self._wire = Wire(reader, writer, ANSWERS, REQUESTS)
        self._say = say
        self._log_in_again = log_in_again
        self._lost = lost
        self._logins = 0

    def hello(self) -> HostFacts:
        """The facts of the host, with which an agent begins."""
        first = self._receive()
        if first["type"] != "hello":
            raise AgentError(f"the agent said {first['type']!r} instead of hello")
        return first["facts"]

    def ask(self, request: Request, contents: Mapping[str, bytes], on_event: Callable[[Event], None]) -> None:
        """Sends a request, serves contents, says warnings, and passes every other event on until the agent is done.

        Raises HostError when the agent refuses, with its reason: e.g. another run holds the host.
        """
        try:
            self._wire.write(request)
        except WireError as error:
            raise AgentError(
                f"this is too much for one run: {error}", hint="Do it in parts: --app NAME, or --tags ROLE."
            ) from None
        hint = KEPT if request["type"] == "converge" else None
        while (told := self._receive(hint))["type"] != "bye":
            if told["type"] == "want":
                self._serve(contents, told["sha256"])
            elif told["type"] == "login":
                self._wire.write({"type": "login"}, self._second_login(request).encode())
            elif told["type"] == "refused":
                raise HostError(_indented(told["reason"]))
            elif told["type"] == "warning":
                self._say(_indented(told["text"]))
            elif told["type"] == "hello":
                raise AgentError("the agent said 'hello' twice")
            else:
                on_event(told)

    def send(self, body: bytes) -> None:
        """Sends what a request under way takes beside contents, e.g. a command's input; from any thread."""
        self._wire.write({"type": "content"}, body)

    def _serve(self, contents: Mapping[str, bytes], digest: str) -> None:
        if digest not in contents:
            raise AgentError(f"the agent wants a content that is not in the catalog: {digest[:64]}")
        self._wire.write({"type": "content"}, contents[digest])

    def _second_login(self, request: Request) -> str:
        self._logins += 1
        if request["type"] != "converge" or self._logins > MOST_LOGINS:
            raise AgentError("the agent asks for a login that there is no reason for")
        return self._log_in_again()

    def _receive(self, hint: str | None = None) -> Answer:
        try:
            received = self._wire.read()
            if received is not None:
                return answer(received[0], harmless)
        except (WireError, Malformed) as error:
            raise AgentError(f"the agent sent nonsense: {error}") from None
        raise self._lost(hint)


def _indented(text: str) -> str:
    """The text with all lines but the first indented: none of them looks like another host's."""
    return re.sub(r"\n(?! )", "\n  ", text)

"""Questions on a real terminal: typed unseen, ended by whoever is asked, and by an interrupt."""

from __future__ import annotations

import sys

import pytest

from tests.terminal_process import CTRL_C, CTRL_D, TerminalProcess
from windlass.output.questions import UnansweredError, ask

ASK = """
from windlass.output import questions
try:
    print(repr(questions.ask("Secret: ")))
except questions.UnansweredError:
    print("unanswered")
except KeyboardInterrupt:
    print("interrupted")
"""
ASK_IN_THREADS = """
import os, threading, time
from windlass.output import questions
def body(name):
    try:
        print(name, questions.ask(f"{name}: "), flush=True)
    except questions.UnansweredError:
        ended.append(name)
ended = []
threads = [threading.Thread(target=body, args=(name,)) for name in ("Secret", "Secret")]
try:
    for thread in threads:
        thread.start()
    print("both asked")
    time.sleep(60)  # not join: one that is interrupted takes its thread for ended (bpo-45274)
except KeyboardInterrupt:
    questions.stop()
    LAST
print("ended:", len(ended))
"""


# What a terminal shows at the moment of Ctrl-C may be lost: the kernel flushes its output then.
def asking(script: str = ASK, ready: str = "Secret: ") -> TerminalProcess:
    process = TerminalProcess([sys.executable, "-u", "-c", script])
    process.until("Secret: ")
    process.until(ready)
    return process


def test_an_answer_is_typed_unseen() -> None:
    with asking() as process:
        assert not process.echoes()
        process.type("pässword\n")
        assert process.end() == 0
        assert process.shown == "Secret: \n'pässword'\n"
        assert process.echoes()


@pytest.mark.parametrize(("key", "said"), [(CTRL_D, "unanswered"), (CTRL_C, "interrupted"), ("\n", "''")])
def test_other_ends_of_a_question(key: str, said: str) -> None:
    with asking() as process:
        process.type(key)
        assert process.end() == 0
        assert process.shown.endswith(f"{said}\n")
        assert process.echoes()


def test_an_interrupt_ends_the_question_of_a_thread_and_those_that_wait() -> None:
    with asking(ASK_IN_THREADS.replace("LAST", "[thread.join() for thread in threads]"), "both asked") as process:
        process.type(CTRL_C)
        assert process.end() == 0
        assert process.shown.count("Secret: ") == 1
        assert "ended: 2" in process.shown
        assert process.echoes()


def test_a_process_that_ends_at_once_leaves_a_terminal_that_shows_what_is_typed() -> None:
    with asking(ASK_IN_THREADS.replace("LAST", "os._exit(130)"), "both asked") as process:
        process.type(CTRL_C)
        assert process.end() == 130
        assert process.echoes()


def test_without_a_terminal_nobody_answers() -> None:
    with pytest.raises(UnansweredError):
        ask("Secret: ")

"""The way to root, past login shells and sudo, on a real sshd: who is told the password, and what is said of one stuck.

Real sudo is in tests/lab/test_login.py; here programs stand in its place that a host may have there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import Sshd, host, options
from windlass.errors import HostError
from windlass.run.exec import Exec
from windlass.run.incoming import Budget
from windlass.run.sudo import Sudo
from windlass.ssh import connection as ssh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "canary secret"
PATIENT = Budget(60)
# sudo's arguments as it takes them; it writes one percent sign for two.
ARGUMENTS = (
    'while [ "$1" != -- ]; do case $1 in -p) prompt=$(echo "$2" | sed s/%%/%/); shift;; esac; shift; done; shift; '
    'ask() { printf \'%s\' "$1" >&2; read -r answer; echo "$answer" >>{heard}; }; '
)
RUN = 'export prompt; exec "$@"'


class There:
    """A host whose login shell does `shell`, and whose sudo is this program; `heard` is what they have read."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder = folder
        self.user = user
        self.heard = folder / "heard"
        self.heard.write_text("")
        self.shell = folder / "shell"
        self.shell_does("")
        self.sudo_does("")

    def shell_does(self, script: str) -> None:
        text = f'#!/bin/sh\nPATH={self.folder}:$PATH\n{script}\nexec sh -c "$SSH_ORIGINAL_COMMAND"\n'
        self.shell.write_text(text)
        self.shell.chmod(0o755)

    def sudo_does(self, script: str) -> None:
        program = self.folder / "sudo"
        program.write_text(f"#!/bin/sh\n{ARGUMENTS.replace('{heard}', str(self.heard))}\n{script}\n{RUN}\n")
        program.chmod(0o755)

    def begin(
        self, script: str = "cat", password: str | None = CANARY, beginning: Budget = PATIENT, *, become: bool = True
    ) -> Exec:
        connect = replace(self.at.connect, become_password=password, become=become)
        self.connection._set(user=self.user)
        return Exec(self.connection, connect, script, beginning=beginning)

    def refusal(self, **options: object) -> str:
        """Why it does not begin."""
        try:
            begun = self.begin(**options)  # type: ignore[arg-type]
        except HostError as error:
            return str(error)
        assert begun.status is not None
        return str(begun.error("cannot start it"))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    made = There(tmp_path, "deploy")
    with Sshd(tmp_path / "sshd", f"ForceCommand {made.shell}") as server:
        made.at = host(server.port, key=server.key)  # type: ignore[attr-defined]
        made.connection = ssh.connect(made.at, options(server))  # type: ignore[attr-defined]
        yield made
        ssh.close(made.connection)  # type: ignore[attr-defined]


def said(begun: Exec) -> bytes:
    """All that a script says that has begun, after the end of its input."""
    assert begun.status is None
    begun.end_input()
    return begun.stdout.read()


def test_sudo_that_asks_is_told_once(there: There) -> None:
    there.sudo_does('ask "$prompt"')
    assert said(there.begin("cat")) == b""
    assert there.heard.read_text() == f"{CANARY}\n"


def test_sudo_that_asks_for_nothing_is_told_nothing(there: There) -> None:
    """Though a shell repeats the command line, the question's parts with it, before sudo and instead of it."""
    there.shell_does('echo "$SSH_ORIGINAL_COMMAND" >&2; printf "%s" "$SSH_ORIGINAL_COMMAND" >&2; sleep 1')
    there.sudo_does('printf "%s" "$0 $*" >&2; sleep 1')
    assert said(there.begin("cat")) == b""


def test_who_is_root_already_is_told_nothing(there: There) -> None:
    there.user = "root"
    there.shell_does("printf 'sudo password: ' >&2; sleep 1")
    assert said(there.begin("echo 'sudo password: ' >&2; sleep 1; cat")) == b""
    there.user = "deploy"
    assert said(there.begin("echo 'sudo password: ' >&2; sleep 1; cat", become=False)) == b""


def test_before_sudo_nobody_is_told(there: There) -> None:
    """Not even who has read the question off the command line, as long as it does not say that sudo is next."""
    question = "$(echo \"$SSH_ORIGINAL_COMMAND\" | sed 's/.*-p \\([^ ]*\\).*/\\1/; s/%%/%/')"
    there.shell_does(f'printf "%s" "{question}" >&2; sleep 1')
    assert said(there.begin("cat")) == b""


def test_once_the_script_has_begun_nobody_is_told(there: There) -> None:
    assert said(there.begin('printf "%s" "$prompt" >&2; sleep 1; cat')) == b""


@pytest.mark.parametrize("words", ["Sorry, try again.", "sudo: Authentication failed, try again."])
def test_a_wrong_password_is_tried_once(there: There, words: str) -> None:
    there.sudo_does(f'ask "$prompt"; echo "{words}" >&2; ask "$prompt"')
    assert there.refusal() == (
        "sudo says that the password is wrong\n  Is it the password of deploy there?"
        " After three wrong ones, even the right one may be refused for a quarter of an hour."
    )
    assert there.heard.read_text().strip() == CANARY


SECOND_FACTOR = (
    "A second factor cannot be given here: let the user become root without one (NOPASSWD in sudoers), or log in as"
    " root."
)


@pytest.mark.parametrize(("before", "after"), [("", ""), ("[sudo: ", "] Password: ")])
def test_a_second_factor_is_no_wrong_password(there: There, before: str, after: str) -> None:
    question = f'ask "{before}$prompt{after}"'
    there.sudo_does(f"{question}; echo >&2; {question}")
    assert there.refusal() == f"sudo asks for more than the password\n  {SECOND_FACTOR}"
    assert there.heard.read_text().strip() == CANARY


def test_another_question_is_not_answered(there: There) -> None:
    there.sudo_does('ask "$prompt"; ask "Verification code: "')
    assert there.refusal(beginning=Budget(5)) == (
        f"sudo on the host still waits after 5 s; it said: Verification code:\n  {SECOND_FACTOR}"
    )
    assert there.heard.read_text().strip() == CANARY


def test_sudo_that_does_not_let_us(there: There) -> None:
    there.sudo_does("echo 'sudo: a password is required' >&2; exit 1")
    assert there.refusal(password=None) == (
        "sudo refuses: sudo: a password is required\n"
        "  Give the password with --ask-sudo-pass, allow passwordless sudo, or log in as root."
    )
    there.sudo_does("ask \"$prompt\"; echo 'sudo: 1 incorrect password attempt' >&2; exit 1")
    assert there.refusal() == "sudo refuses: sudo: 1 incorrect password attempt"


# Before that: login shells


WAITS = "does not come to the command: what its .bashrc or .profile starts waits for input"


def test_a_login_shell_that_waits(there: There) -> None:
    there.shell_does("echo 'Which profile? \x1b[2J'; sleep 60")
    assert there.refusal(beginning=Budget(5)) == (
        f"the login shell of deploy {WAITS}; it said: Which profile? \\x1b[2J\n"
        "  It had 5 s. Where nobody sits at a terminal, `[ -t 0 ] || return` as the first line of that file ends it"
        " there."
    )


def test_a_login_shell_that_reads_what_is_not_meant_for_it(there: There) -> None:
    there.user = "root"
    there.shell_does("read -r answer")
    assert there.refusal(beginning=Budget(5)).startswith(f"the login shell of root {WAITS}\n  It had 5 s.")


@pytest.mark.parametrize("stream", [1, 2])
def test_a_login_shell_that_never_stops_talking(there: There, stream: int) -> None:
    there.shell_does(f"exec yes noise >&{stream}")
    assert "does not come to the command" in there.refusal(beginning=Budget(2))


@pytest.mark.parametrize("stream", [1, 2])
def test_a_login_that_runs_no_commands_says_so(there: There, stream: int) -> None:
    there.shell_does(f"echo 'Please log in as admin.' >&{stream}; exit 142")
    assert there.refusal() == "cannot start it: exit status 142: Please log in as admin."


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "fish"])
def test_whichever_login_shell_it_is(there: There, shell: str) -> None:
    there.shell_does(f'exec {shell} -c "$SSH_ORIGINAL_COMMAND"')
    there.sudo_does('ask "$prompt"')
    begun = there.begin("printf '%s\\n' \"it's\"; cat")
    assert begun.stdout.readline() == b"it's\n"
    assert there.heard.read_text() == f"{CANARY}\n"


def test_a_noisy_login_shell(there: There) -> None:
    there.shell_does("yes noise | head -c 1000000; yes noise | head -c 1000000 >&2")
    begun = there.begin("echo 'first words'; cat")
    assert begun.stdout.readline() == b"first words\n"
    begun.write(b"here")
    assert said(begun) == b"here"


def test_a_question_that_comes_in_two_pieces() -> None:
    sudo = Sudo("deploy", "secret")
    command = sudo.command("true")
    reached = command.split()[3]
    prompt = command.split("-p ")[1].split()[0].replace("%%", "%")
    heard = f"noise\n{reached}\n{prompt[:9]}".encode()
    assert sudo.answer(heard) is None
    assert sudo.answer(heard + prompt[9:].encode()) == b"secret\n"
    assert sudo.answer(heard + prompt[9:].encode()) is None


def test_a_host_that_says_no_more_and_does_not_end(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    """As what a login shell has left behind has it, which keeps the connection's streams closed or open."""
    begun = there.begin("exec >&- 2>&-; sleep 600")
    assert begun.stdout.read() == b""
    begun.wait(1)
    assert str(begun.error("it ends early")) == "it ends early: it did not end within 1 s"

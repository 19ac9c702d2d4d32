"""What commands that go to hosts share: which hosts, and how to get in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from windlass.cli import completion
from windlass.cli.commands.options import options
from windlass.cli.commands.vault import with_vault
from windlass.errors import UsageError
from windlass.words import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.host import Host
    from windlass.project import Project
    from windlass.ssh.options import ConnectOptions


# Adds the options; their values make a `Selection`, together with those of no other option.
on_hosts = options(
    click.argument("hosts", nargs=-1, required=True, metavar="HOST...", shell_complete=completion.hosts),
    click.option(
        "--limit",
        metavar="PATTERN",
        shell_complete=completion.hosts,
        help="Only those of the hosts that match this too: a pattern, @FILE with one a line, or @failed, those that the"
        " last run failed on.",
    ),
    click.option("--forks", type=click.IntRange(1, 100), default=10, show_default=True, help="Hosts at once."),
    click.option("--accept-new-host-key", is_flag=True, help="Trust the key of a host never seen before."),
    click.option(
        "--ask-pass",
        is_flag=True,
        help="Ask for the login password, for those hosts alone for which the inventory has neither one nor a key."
        " Each of them learns it, and so does whoever controls it.",
    ),
    click.option(
        "--ask-sudo-pass",
        is_flag=True,
        help="Ask for the sudo password, for those hosts alone that become root by sudo and have none in the inventory."
        " Where sudo asks, it is told once; whoever controls the login account there, or the host, can learn it.",
    ),
    with_vault,
    click.option("--json", "as_json", is_flag=True, help="JSON instead of lines."),
    click.option("--debug", is_flag=True, help="Show tracebacks and the SSH library's log."),
)


@dataclass(frozen=True)
class Selection:
    """The values of the options of `on_hosts`."""

    hosts: tuple[str, ...]
    limit: str | None
    forks: int
    accept_new_host_key: bool
    ask_pass: bool
    ask_sudo_pass: bool
    as_json: bool
    debug: bool

    def chosen(self, project: Project) -> list[Host]:
        """The hosts; asks for the passwords that are wanted, once for all that have none of their own."""
        if self.debug:
            from windlass.cli.cli import show_everything

            show_everything()
        hosts = project.hosts(self.hosts, self.limit, tell)
        if self.ask_pass and (without := [host.connect for host in hosts if host.connect.wants_password]):
            password = _password("--ask-pass", "login password: ")
            for connect in without:
                connect.password = password
        elif self.ask_pass:
            tell("--ask-pass: not asked, for the inventory has a key or a password for each of them")
        if self.ask_sudo_pass and (without := [host.connect for host in hosts if host.connect.wants_become_password]):
            password = _password("--ask-sudo-pass", "sudo password: ")
            for connect in without:
                connect.become_password = password
        elif self.ask_sudo_pass:
            tell("--ask-sudo-pass: not asked, for each of them is root without it, or has one in the inventory")
        return hosts

    def connecting(self, ask: Callable[[str], str] | None = None) -> ConnectOptions:
        """How to connect to them; `ask` asks for passphrases, None = on the terminal, where nothing else is shown."""
        from windlass.ssh.options import ConnectOptions

        options = ConnectOptions(accept_new_host_key=self.accept_new_host_key)
        return replace(options, ask=ask) if ask else options


def tell(words: str) -> None:
    """What a user has to know beside the answer; it may name files of others."""
    click.echo(harmless(words), err=True)


def no_apps(*hosts: str) -> UsageError:
    """What is said where a command needs an app, and none of these hosts has one."""
    from windlass.host import ADD_APP

    return UsageError(f"there are no apps on {', '.join(hosts)}", hint=ADD_APP)


def _password(option: str, question: str) -> str:
    from windlass.output.questions import UnansweredError, ask

    try:
        return ask(question)
    except UnansweredError:
        raise UsageError(
            f"{option}: nobody answers", hint="It asks on a terminal; without one, log in by key."
        ) from None

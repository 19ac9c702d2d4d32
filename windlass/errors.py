"""Errors that Windlass raises on purpose; every message says what, the value, where, and what to do.

WindlassError
├── UsageError            wrong command line, unknown host or group           exit 2
├── InventoryError        a file of the inventory is wrong (file:line)        exit 2
├── TemplateError         a template cannot be rendered (file:line)           exit 2
├── SourceError           an app's code or requirements cannot be read        exit 2
├── LabError              the lab cannot be made or reached                   exit 1
└── HostError             one host failed; others go on                       exit 1
    ├── ConnectError      not reachable, not let in, wrong host key
    ├── SudoError         logged in, but not allowed to become root
    └── AgentError        the agent died or spoke nonsense
"""

from windlass.words import harmless


class WindlassError(Exception):
    """The base: `str(error)` is what a user reads; `hint` is what to do (None = nothing to add).

    A message may quote whomever: nothing in it steers the terminal.
    """

    exit_status = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(harmless(message))
        self.hint = hint and harmless(hint)

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  {self.hint}" if self.hint else message


class UsageError(WindlassError):
    """The command line asks for something that is not there."""


class InventoryError(WindlassError):
    """The inventory is wrong; the message starts with `file:line:`."""


class TemplateError(WindlassError):
    """A template is wrong or lacks a variable; the message starts with `file:line:`."""


class SourceError(WindlassError):
    """An app's source, ref or requirements cannot be used."""


class LabError(WindlassError):
    """The lab cannot be created or reached."""

    exit_status = 1


class HostError(WindlassError):
    """One host failed."""

    exit_status = 1


class ConnectError(HostError):
    """The host cannot be reached, does not let us in, or is not the host it was."""


class SudoError(HostError):
    """We are logged in but may not become root."""


class AgentError(HostError):
    """The agent ended early or sent what is no message."""

"""Commands that a release runs before it gets traffic: at each, such as a database migration, or at the first alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandTrouble, Failed
from windlass.agent.release.reason import hint, telling
from windlass.agent.resources import confined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine
    from windlass.agent.release.environment import Environment

# The end of what a failed command said that is shown (lines, and characters at most).
SHOWN, LONGEST = 20, 4096


def run(
    machine: Machine,
    command: str,
    *,
    kind: str = "release command",
    user: str,
    folder: str,
    process: dict[str, str],
    environment: Environment,
    env_file: str,
    properties: Sequence[str],
    timeout: float,
) -> None:
    """Runs a shell command in `folder` as the app's user, with what its processes get; what it says is shown.

    `kind` is what messages call it, `process` is the environment that every process of the release has, `env_file` has
    the app's own, `environment`; `properties` are the restrictions of its unit, `timeout` is in seconds. Raises Failed.
    """
    try:
        confined.run(
            machine,
            ["/bin/sh", "-c", f"umask 077\n{command}"],
            user=user,
            cwd=folder,
            env=process,
            env_file=env_file,
            properties=properties,
            timeout=timeout,
            each_line=lambda line: machine.say(environment.mask(line), whole=True),
        )
    except CommandTrouble as trouble:
        lines = environment.mask(trouble.output).splitlines()[-SHOWN:]
        found = telling(lines)
        reason = "" if found is None else f" ({lines[found]})"
        said = "\n".join(lines)[-LONGEST:] or "(it said nothing)"
        words = f"the {kind} `{command}` {trouble.how}{reason}:\n{said}"
        release = os.path.basename(os.path.dirname(folder))
        raise Failed(words, hint=hint(machine, user, release, lines, reason or said)) from None

"""Commands as another user under the restrictions of a unit: they run code that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed, TimedOut
from windlass.agent.release.environment import Environment
from windlass.agent.resources.unit import journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from windlass.agent.machine import Machine
    from windlass.agent.process import EachLine

# Who makes virtual environments: nobody's data, nobody's processes. No app can have such a name.
BUILDER = "_windlass-build"
LOCALE = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
# systemd ends a command that outlives its time by so much, should we be gone by then; and kills it so long after it
# was told to stop (seconds).
GRACE = 10
# From this exit status on it is systemd that speaks: it could not start the command (systemd.exec(5)).
NOT_STARTED = 200


def run(
    machine: Machine,
    argv: Sequence[str],
    *,
    user: str,
    properties: Sequence[str],
    env: Mapping[str, str],
    env_file: str | None = None,
    cwd: str = "/",
    timeout: float = 60,
    each_line: EachLine = None,
) -> str:
    """Runs a command as `user` and gives back its output; as Machine.run, and with the same errors.

    Where one that `user` was given by an earlier run has not ended yet, it is refused: see `end`.

    `properties` are lines of a unit's [Service] section; none = as the user, without restrictions. `env` is shown in
    process lists; what is secret stands in `env_file` (see Environment), which only root can read.
    """
    if not properties:
        variables = {**env, **_variables(env_file)}
        return machine.run(argv, user=user, cwd=cwd, env=variables, timeout=timeout, each_line=each_line)
    unit = unit_of(user)
    settings = [f"User={user}", f"Group={user}", f"WorkingDirectory={cwd}", f"RuntimeMaxSec={timeout + GRACE:g}"]
    settings += [f"TimeoutStopSec={GRACE}", *properties, *([f"EnvironmentFile={env_file}"] if env_file else [])]
    command = _systemd_run(argv, unit, settings, {**LOCALE, **env})
    try:
        return machine.run(command, timeout=timeout, each_line=each_line)
    except TimedOut as trouble:
        raise TimedOut(argv, trouble.how, trouble.output) from None
    except CommandFailed as failure:
        said = failure.output
        if failure.status >= NOT_STARTED:
            said += journal(machine, unit)
        raise CommandFailed(argv, failure.status, said) from None
    finally:
        end(machine, user)


def unit_of(user: str) -> str:
    """The unit of a user's command: always the same, so that there are never two, and a run finds an earlier one's."""
    return f"windlass-confined-{user}.service"


def end(machine: Machine, user: str) -> None:
    """Ends what a user still runs when nobody listens any more; what has ended is unknown already."""
    try:
        machine.run(["systemctl", "stop", unit_of(user)])
    except CommandFailed:
        pass


def _systemd_run(argv: Sequence[str], unit: str, settings: Sequence[str], env: Mapping[str, str]) -> list[str]:
    start = ["systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--service-type=exec", f"--unit={unit}"]
    options = [f"--property={line}" for line in settings]
    options += [f"--setenv={name}={value}" for name, value in env.items()]
    # systemd would put in variables itself, but for a doubled sign.
    return [*start, *options, "--", *(word.replace("$", "$$") for word in argv)]


def _variables(env_file: str | None) -> dict[str, str]:
    if env_file is None:
        return {}
    with open(env_file, "rb") as file:
        return Environment.from_file(file.read(), frozenset()).variables

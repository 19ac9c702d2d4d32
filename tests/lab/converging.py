"""Apps on a lab host by the real roles, over real SSH, without an inventory: settings are given as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass.host import Connect, Host
from windlass.output.report import Report
from windlass.output.terminal import Terminal
from windlass.run.plan import Plan, Roles
from windlass.run.rolling import Rolling
from windlass.run.run import Request, Run
from windlass.settings import Settings
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost
    from windlass.output.outcome import Outcome, Result

# The roles that bring an app as far as its socket; no nginx, no certificate.
ROLES = frozenset({"app", "venv", "release"})


def converge(
    lab: Lab,
    host: LabHost,
    apps: dict[str, Any],
    project: Path,
    *,
    roles: frozenset[str] | None = ROLES,
    **request: Any,
) -> Outcome:
    """One run; `apps` are settings as an inventory has them, their folders relative to `project`."""
    return follow(Roles(project=project, tags=roles), target(lab, host, apps, project), **request)


def target(lab: Lab, host: LabHost, apps: dict[str, Any], project: Path) -> Host:
    """A lab host as the control side knows it."""
    connect = Connect(
        host.address, port=host.ssh_port, user="root", key_file=lab.folder / "id_ed25519", host_key=host.host_key
    )
    settings = Settings.model_validate({"apps": apps}, context={"project": project})
    return Host(host.name, [], connect, settings, {})


def follow(plan: Plan, host: Host, **request: Any) -> Outcome:
    """One run of any plan."""
    run = Run(Request("test", **request), ConnectOptions(), plan, Report(Terminal()))
    return Rolling(run).converge([host])[0]


def result(outcome: Outcome, kind: str) -> Result:
    """What became of the first resource of a kind, e.g. `release`."""
    return next(each for each in outcome.results if each.resource.startswith(f"{kind} "))

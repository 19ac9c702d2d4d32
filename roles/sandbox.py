"""The restrictions of an app's processes, as lines of a systemd unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.sizing import workers_and_threads
from windlass.template import render

if TYPE_CHECKING:
    from windlass.app import App
    from windlass.host import Host

# An app that eats more than this of the host's memory is stopped and started again, before the host suffers.
MEMORY_MAX = "80%"
# Processes and threads of an app: at least so many, and for each of its own that Gunicorn starts so many.
TASKS, TASKS_OF_EACH = 512, 8


def sandbox(host: Host, app: App, network: str | None = None) -> str:
    """The lines with their comments; `network` None = what the app's settings say it may connect to."""
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    settings = app.settings
    workers, threads = workers_and_threads(settings, host.facts, len(host.settings.apps))
    return render(
        "systemd/sandbox.conf.j2",
        name=app.name,
        sandbox=settings.sandbox,
        network=network or settings.sandbox.network,
        memory_max=settings.memory_max or MEMORY_MAX,
        tasks_max=settings.tasks_max or max(TASKS, workers * threads * TASKS_OF_EACH),
    )


def properties(host: Host, app: App, network: str | None = None) -> list[str]:
    """The lines alone, `Name=value`."""
    lines = sandbox(host, app, network).splitlines()
    return [line for line in lines if line and not line.startswith("#")]

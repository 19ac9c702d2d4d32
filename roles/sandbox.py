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
# Where clouds hand out the rights of the machine: EC2, Azure, Google and most others; tasks and pods of EC2; Alibaba.
METADATA = ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200")
METADATA_IPV6 = ("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254")


def sandbox(host: Host, app: App) -> str:
    """The lines for the app itself, with their comments."""
    return _lines(host, app, network=app.settings.sandbox.network, data=app.data)


def properties(host: Host, app: App) -> list[str]:
    """The lines for the app itself alone, `Name=value`."""
    return _alone(sandbox(host, app))


def building(host: Host, app: App) -> list[str]:
    """The lines alone for installing what the app needs, which sees nothing that the app has written.

    It comes over the network, whatever the app may do later.
    """
    return _alone(_lines(host, app, network="network", data=None))


def _lines(host: Host, app: App, *, network: str, data: str | None) -> str:
    """The lines with their comments; `data` is the folder that the processes own, None = they have nothing."""
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    settings = app.settings
    workers, threads = workers_and_threads(settings, host.facts, len(host.settings.apps))
    return render(
        "systemd/sandbox.conf.j2",
        app=app,
        data=data,
        sandbox=settings.sandbox,
        network=network,
        closed=_closed(host, app),
        memory_max=settings.memory_max or MEMORY_MAX,
        tasks_max=settings.tasks_max or max(TASKS, workers * threads * TASKS_OF_EACH),
    )


def _closed(host: Host, app: App) -> list[str]:
    """The addresses that it may not connect to though it has the network; the host's own name servers are none."""
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    if "metadata" in app.settings.sandbox.allow:
        return []
    return [address for address in (*METADATA, *METADATA_IPV6) if address not in host.facts.name_servers]


def _alone(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]

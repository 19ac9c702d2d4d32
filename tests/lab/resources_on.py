"""Single resources on a lab host, by a real agent over real SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.host import Connect, Host
from windlass.output.outcome import Result
from windlass.run.catalog import Catalog, Entry
from windlass.run.transport import Session
from windlass.settings import Settings
from windlass.ssh import connection as ssh
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from windlass.agent.resources import Resource
    from windlass.agent.wire import Message
    from windlass.lab import Lab, LabHost


def converge(
    lab: Lab, host: LabHost, *resources: Resource, check: bool = False, user: str = "root"
) -> tuple[list[Result], list[str]]:
    """The results in order, a check's with patches, and what was said meanwhile.

    `user` is root or careful, whose sudo wants a password.
    """
    connect = Connect(
        host.address,
        port=host.ssh_port,
        user=user,
        key_file=lab.folder / "id_ed25519",
        become_password=lab.careful_password,
        host_key=host.host_key,
    )
    results: list[Result] = []
    said: list[str] = []
    catalog = Catalog([Entry(resource, "test") for resource in resources])

    def on_event(event: Message) -> None:
        if event["type"] == "progress":
            said.append(event["text"])
        if event["type"] == "result":
            values = {name: value for name, value in event.items() if name not in ("type", "id")}
            results.append(Result(role="test", app=None, resource=resources[event["id"]].name, **values))

    connection = ssh.connect(Host(host.name, [], connect, Settings(), {}), ConnectOptions(), said.append)
    try:
        request = {"type": "converge", "check": check, "diff": check, "who": "me", "command": "test", "whole": False}
        request |= {"state": "/var/lib/windlass", "catalog": catalog.encoded(), "own_kinds": catalog.own_kinds()}
        Session(connection, connect, said.append).ask(request, catalog.contents, on_event)
    finally:
        ssh.close(connection)
    return results, said

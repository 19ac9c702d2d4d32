"""What `deploy.py secrets diff` asks hosts for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

import click

from windlass.errors import HostError
from windlass.secrets.difference import Difference
from windlass.secrets.environment import check, environment_of

if TYPE_CHECKING:
    from windlass.commands.hosts import Selection
    from windlass.host import Host
    from windlass.project import Project
    from windlass.ssh.connection import ConnectOptions
    from windlass.wire import Message


def differences(project: Project, selection: Selection) -> int:
    """Shows what differs on the hosts; gives back the exit status: 1 = a host failed."""
    hosts = selection.chosen(project)
    check(hosts)
    with ThreadPoolExecutor(selection.forks) as pool:
        answers = list(pool.map(lambda host: _ask(project, host, selection.connecting()), hosts))
    if selection.as_json:
        click.echo(json.dumps({"hosts": answers}, indent=2))
    else:
        for answer in answers:
            lines = [str(Difference(**app)) for app in answer["apps"]]
            for line in lines or [answer["error"] or "no apps"]:
                click.echo(f"{answer['host']}  {line}")
    return 1 if any(answer["error"] for answer in answers) else 0


def _ask(project: Project, host: Host, connecting: ConnectOptions) -> dict[str, Any]:
    from windlass.run import reached

    answers: list[Message] = []
    key = token_bytes(32)
    apps = list(host.settings.apps)
    try:
        with reached(host, connecting, lambda text: click.echo(text, err=True), project.connection) as session:
            session.ask({"type": "environments", "apps": apps, "key": key.hex()}, {}, answers.append)
    except HostError as error:
        return {"host": host.name, "error": str(error), "apps": []}
    there = answers[0]["apps"]
    found = [Difference.between(app, environment_of(host, app), there[app], key) for app in apps]
    return {"host": host.name, "error": None, "apps": [asdict(each) for each in found]}

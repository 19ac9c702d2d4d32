"""`deploy.py status HOST...`: how hosts and their apps are right now."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import click

from windlass.commands.hosts import Selection, on_hosts
from windlass.commands.vitals import vital_signs
from windlass.errors import HostError

if TYPE_CHECKING:
    from windlass.host import Host
    from windlass.project import Project
    from windlass.ssh.connection import ConnectOptions
    from windlass.wire import Message

UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@click.command()
@on_hosts
@click.pass_obj
def status(project: Project, /, **options: Any) -> int:
    """Show each app's release, process, health and certificate; exits with 1 when something is not as it should be."""
    selection = Selection(**options)
    hosts = selection.chosen(project)
    pool = ThreadPoolExecutor(selection.forks)
    try:
        answers = list(pool.map(lambda host: _ask(project, host, selection.connecting()), hosts))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if selection.as_json:
        click.echo(json.dumps({"hosts": answers}, indent=2))
    else:
        for answer in answers:
            click.echo("\n".join(_lines(answer)))
    return 0 if all(_well(answer) for answer in answers) else 1


def _ask(project: Project, host: Host, connecting: ConnectOptions) -> dict[str, Any]:
    from windlass.run import reached

    answers: list[Message] = []
    apps = [
        {"name": name, "domain": app.domains[0], "health_path": app.health_path}
        for name, app in host.settings.apps.items()
    ]
    try:
        with reached(host, connecting, lambda text: click.echo(text, err=True), project.connection) as session:
            session.ask({"type": "status", "apps": apps}, {}, answers.append)
    except HostError as error:
        return {"host": host.name, "error": str(error), "apps": []}
    assert host.facts  # noqa: S101 - reached() has filled them
    system = f"{host.facts.os} {host.facts.os_version}"
    return {"host": host.name, "error": None, "system": system, "cpus": host.facts.cpus, **answers[0]}


def _well(answer: dict[str, Any]) -> bool:
    if answer["error"] or not answer["nginx"]:
        return False
    return all(app["release"] and app["active"] and app["health"] == "ok" for app in answer["apps"])


def _lines(answer: dict[str, Any]) -> list[str]:
    if answer["error"]:
        return [f"{answer['host']}  {click.style('failed', fg='red')}  {answer['error']}"]
    disk = f"disk {100 * answer['disk_used'] // answer['disk_size']}% of {answer['disk_size'] / 2**30:.0f} GiB"
    nginx = "" if answer["nginx"] else click.style("  nginx is not running", fg="red")
    head = f"{answer['host']}  {answer['system']}, {answer['cpus']} CPUs, {disk}, up {_span(answer['uptime'])}{nginx}"
    lines = [*vital_signs(answer), *(line for app in answer["apps"] for line in _app_lines(app))]
    return [head, *(f"  {line}" for line in lines)]


def _app_lines(app: dict[str, Any]) -> list[str]:
    if app["release"] is None:
        return [f"{app['name']}  {click.style('not deployed', fg='yellow')}"]
    health = click.style("healthy", fg="green") if app["health"] == "ok" else click.style(app["health"], fg="red")
    state = "running" if app["active"] else click.style("not running", fg="red")
    commit = f" ({app['commit'][:8]}{'+dirty' if app['dirty'] else ''})" if app["commit"] else ""
    memory = f", {app['memory'] / 2**20:.0f} MiB" if app["memory"] else ""
    workers = f"{app['workers']} worker{'' if app['workers'] == 1 else 's'}"
    lines = [
        f"{app['name']}  {app['release']}{commit}, {_span(app['age'])} old",
        f"  {state}, {health}, {workers}{memory}, {app['restarts'] or 0} restarts",
    ]
    if app["certificate_until"]:
        days = (app["certificate_until"] - time.time()) / 86400
        day = time.strftime("%Y-%m-%d", time.gmtime(app["certificate_until"]))
        lines.append(f"  certificate until {day} ({days:.0f} days)")
    return lines


def _span(seconds: float) -> str:
    """A span of time in its largest unit, e.g. `3 h`."""
    for size, name in UNITS:
        if seconds >= size:
            return f"{seconds // size:.0f} {name}"
    return "0 s"

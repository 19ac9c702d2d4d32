"""`deploy.py status HOST...`: how hosts and their apps are right now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from windlass.agent.messages.documents import HostStatus
from windlass.cli.commands import figures
from windlass.cli.commands.asking import ask, show
from windlass.cli.commands.hosts import Selection, on_hosts
from windlass.cli.commands.vitals import vital_signs
from windlass.output.answer_document import StatusDocument

if TYPE_CHECKING:
    from windlass.agent.messages.documents import AppStatus
    from windlass.agent.messages.requests import AppQuestion, AskStatus
    from windlass.host import Host
    from windlass.project import Project


OPEN = "the firewall is not loaded: `systemctl restart windlass-firewall` on the host, or provision"


@click.command()
@on_hosts
@click.pass_obj
def status(project: Project, /, **options: Any) -> int:
    """Show each app's release, process, health and certificate, and the host's units, programs and updates.

    Exits with 1 when something is wrong, in red: nginx or an app does not run or is not healthy; visitors of a domain
    meet something else than the app; an app is not deployed or has no certificate, a placeholder for one, or one that
    has expired or does within a week; the firewall is not loaded; units have failed; programs run old versions of what
    was replaced. In yellow, and no reason: updates that wait, a wanted reboot, and settings that an app seems to lack,
    such as for a file that it could not write.
    """
    selection = Selection(**options)
    hosts = selection.chosen(project)
    answers = ask(project, selection, hosts, _question, StatusDocument)
    for host, answer in zip(hosts, answers, strict=True):
        if host.facts:
            answer["system"], answer["cpus"] = f"{host.facts.os} {host.facts.os_version}", host.facts.cpus
    show(answers, _lines, as_json=selection.as_json)
    return 0 if all(_well(answer) for answer in answers) else 1


def _question(host: Host) -> AskStatus:
    apps: list[AppQuestion] = [
        {
            "name": name,
            "domains": app.domains,
            "health_path": app.health_path or "",
            "tls": host.settings.tls_of(app).mode,
        }
        for name, app in host.settings.apps.items()
    ]
    return {"type": "status", "apps": apps}


def _well(answer: StatusDocument) -> bool:
    if answer["error"] or not answer["nginx"] or answer["firewall"] is False:
        return False
    if answer["failed_units"] or answer["stale"]:
        return False
    return all(_serves(app) for app in answer["apps"])


def _serves(app: AppStatus) -> bool:
    trusted = app["certificate_kind"] not in ("placeholder", "missing") and not app["certificate_late"]
    well = app["release"] and app["active"] and app["health"] == "ok" and trusted
    return bool(well and not app["visitors"])


class _Answer(HostStatus):
    """What a host has told."""

    host: str
    system: str
    cpus: int


def _lines(answer: _Answer) -> list[str]:
    disk = f"disk {100 * answer['disk_used'] // answer['disk_size']}% of {answer['disk_size'] / 2**30:.0f} GiB"
    nginx = "" if answer["nginx"] else click.style("  nginx is not running", fg="red")
    up = figures.span(answer["uptime"])
    head = f"{answer['host']}  {answer['system']}, {answer['cpus']} CPUs, {disk}, up {up}{nginx}"
    firewall = [click.style(OPEN, fg="red")] if answer["firewall"] is False else []
    left = [_left_over(answer["host"], app) for app in answer["left_over"]]
    lines = [*firewall, *vital_signs(answer), *(line for app in answer["apps"] for line in _app_lines(app)), *left]
    return [head, *(f"  {line}" for line in lines)]


def _left_over(host: str, app: str) -> str:
    words = click.style("is served, and not in the inventory", fg="yellow")
    return f"{app}  {words}: ./deploy.py remove {host} --app {app}"


def _app_lines(app: AppStatus) -> list[str]:
    if app["release"] is None:
        return [f"{app['name']}  {click.style('not deployed', fg='red')}"]
    health = click.style("healthy", fg="green") if app["health"] == "ok" else click.style(app["health"], fg="red")
    state = f"running, {health}" if app["active"] else click.style("not running", fg="red")
    commit = f" ({figures.commit(app['commit'], dirty=bool(app['dirty']))})" if app["commit"] else ""
    memory = f", {app['memory'] / 2**20:.0f} MiB" if app["memory"] else ""
    workers = figures.counted(app["workers"] or 0, "worker")
    lost = f", workers lost: {app['workers_lost']} (see `logs`)" if app["workers_lost"] else ""
    lines = [
        f"{app['name']}  {app['release']}{commit}, {figures.span(app['age'] or 0)} old",
        f"  {state}, {workers}{memory}, {app['restarts'] or 0} restarts{lost}",
    ]
    lines += [f"  {click.style(words, fg='yellow')}" for words in app["advice"] or ()]
    lines += [f"  {click.style('not reached', fg='red')}: {line}" for line in app["visitors"] or []]
    return [*lines, f"  {_certificate(app)}"] if app["certificate_kind"] else lines


def _certificate(app: AppStatus) -> str:
    kind = app["certificate_kind"]
    if kind == "missing":
        return click.style("no certificate", fg="red") + ": `provision` gets one"
    if kind == "placeholder":
        return click.style("a self-signed placeholder for a certificate", fg="red") + ": `provision` gets one"
    name = "self-signed certificate" if kind == "self-signed" else f"certificate from {app['certificate_issuer']}"
    end = app["certificate_until"] or 0
    days = (end - time.time()) / 86400
    day = time.strftime("%Y-%m-%d", time.gmtime(end))
    until = f"expired {day} ({figures.span(-86400 * days)} ago)" if days < 0 else f"until {day} ({days:.0f} days)"
    if not app["certificate_late"]:
        return f"{name} {until}"
    return f"{name} {click.style(until, fg='red')}: `provision` renews it"

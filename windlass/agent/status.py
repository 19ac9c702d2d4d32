"""How a host and its apps are right now, for `deploy.py status`."""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import TYPE_CHECKING

from windlass.agent import advice
from windlass.agent.failures import CommandFailed
from windlass.agent.process import children
from windlass.agent.release.health import Question
from windlass.agent.release.instance import Instance
from windlass.agent.release.records import Releases
from windlass.agent.release.removal import left_over
from windlass.agent.resources.certificate import LINKS, look_at
from windlass.agent.resources.firewall import PATH, table
from windlass.agent.resources.unit import properties
from windlass.agent.resources.visited import unreached
from windlass.agent.vitals import vitals

if TYPE_CHECKING:
    from windlass.agent.machine import Machine
    from windlass.agent.messages.documents import AppStatus, CertificateStatus, HostStatus
    from windlass.agent.messages.requests import AppQuestion

PROPERTIES = ("ActiveState", "MainPID", "MemoryCurrent", "NRestarts", "StatusText")
# What an app that is not deployed has not.
OF_A_RELEASE = (
    *("release", "commit", "dirty", "age", "active", "workers", "memory", "restarts", "workers_lost", "health"),
    *("advice", "visitors", "certificate_kind", "certificate_issuer", "certificate_until", "certificate_late"),
)
HEALTH_TIMEOUT = 5  # seconds
LONGEST = 400  # of what an unhealthy app answers (characters), cut when no secret is in it any more


def collect(machine: Machine, apps: list[AppQuestion]) -> HostStatus:
    """The host's disk, uptime and vital signs, and each app's release, process, health and certificate.

    Of an app `tls` is the mode of its settings. Sizes are in bytes, times in seconds.
    """
    disk = shutil.disk_usage("/")
    with open("/proc/uptime", encoding="ascii") as file:
        uptime = float(file.read().split()[0])
    return {
        "disk_used": disk.used,
        "disk_size": disk.total,
        "uptime": uptime,
        "nginx": _active(machine, "nginx.service"),
        "firewall": bool(table(machine)) if os.path.exists(PATH) else None,
        **vitals(machine, [app["name"] for app in apps]),
        "apps": [_app(machine, **app) for app in apps],
        "left_over": left_over([app["name"] for app in apps]),
    }


def _app(machine: Machine, name: str, domains: list[str], health_path: str, tls: str) -> AppStatus:
    known: AppStatus = {"name": name, **dict.fromkeys(OF_A_RELEASE)}  # type: ignore[typeddict-item]
    releases = Releases(f"/srv/{name}")
    record = releases.current
    if record is None:
        return known
    instance = Instance(machine, name, record.id)
    shown = properties(machine, instance.service, PROPERTIES)
    pid = int(shown.get("MainPID", 0))
    active = shown.get("ActiveState") == "active"
    # A question to the socket of one that does not run would start it.
    health = _health(instance, Question(domains[0], health_path)) if active else None
    told: AppStatus = {
        **known,
        "release": record.id,
        "commit": record.commit,
        "dirty": record.dirty,
        "age": int(time.time()) - record.created,
        "active": active,
        "workers": len(children(pid)) if pid else 0,
        "memory": _number(shown.get("MemoryCurrent", "")),
        "restarts": _number(shown.get("NRestarts", "")),
        "workers_lost": _lost(shown.get("StatusText", "")),
        "health": releases.environment(record).mask(health)[:LONGEST] if health else None,
        "advice": advice.heard(machine, name, record),
        # Of one that is not well, visitors meet just that.
        "visitors": unreached(machine, name, domains, health_path, tls=tls != "off") if health == "ok" else [],
    }
    return {**told, **certificate(f"{LINKS}/{name}", tls)} if tls != "off" else told


def certificate(folder: str, mode: str) -> CertificateStatus:
    """The certificate in a folder of nginx's, as AppStatus has it, for an app of that TLS mode."""
    look = look_at(folder)
    if look is None:
        return {"certificate_kind": "missing"}
    own = "self-signed" if mode == "self-signed" else "placeholder"
    return {
        "certificate_kind": own if look.self_signed else "ca",  # type: ignore[typeddict-item]
        "certificate_issuer": look.issuer,
        "certificate_until": look.expires,
        "certificate_late": look.late,
    }


def _health(instance: Instance, question: Question) -> str:
    """`ok`, or what came instead."""
    try:
        answer = question.ask(instance.address, HEALTH_TIMEOUT)
    except OSError as error:
        return error.strerror or str(error)
    return "ok" if answer.good else str(answer)


def _active(machine: Machine, unit: str) -> bool:
    try:
        machine.run(["systemctl", "is-active", "--quiet", unit])
    except CommandFailed:
        return False
    return True


def _lost(text: str) -> int:
    """Of what Gunicorn has systemd show, as templates/gunicorn/lost.py.j2 says it."""
    found = re.match(r"workers lost: (\d{1,9}),", text)
    return int(found[1]) if found else 0


def _number(text: str) -> int | None:
    """A number of systemd's; None where it says that it does not know."""
    return int(text) if text.isdigit() else None

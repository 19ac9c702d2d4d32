"""What `deploy.py secrets diff` asks hosts for."""

from __future__ import annotations

from secrets import token_bytes
from typing import TYPE_CHECKING

from windlass.cli.commands.asking import ask, show
from windlass.secrets.difference import Difference
from windlass.secrets.environment import check, environment_of

if TYPE_CHECKING:
    from windlass.agent.wire import Message
    from windlass.cli.commands.asking import Answer
    from windlass.cli.commands.hosts import Selection
    from windlass.host import Host
    from windlass.project import Project


def differences(project: Project, selection: Selection) -> int:
    """Shows what differs on the hosts; gives back the exit status: 1 = a host failed."""
    hosts = selection.chosen(project)
    check(hosts)
    key = token_bytes(32)

    def question(host: Host) -> Message:
        return {"type": "environments", "apps": list(host.settings.apps), "key": key.hex()}

    answers = ask(project, selection, hosts, question, empty={"apps": {}})
    for host, answer in zip(hosts, answers, strict=True):
        found = [
            Difference.between(app, environment_of(host, app), there, key) for app, there in answer["apps"].items()
        ]
        answer["apps"] = [vars(each) for each in found]
    show(answers, _lines, as_json=selection.as_json)
    return 1 if any(answer["error"] for answer in answers) else 0


def _lines(answer: Answer) -> list[str]:
    apps = [Difference(**app) for app in answer["apps"]]
    return [f"{answer['host']}  {app}" for app in apps] or [f"{answer['host']}  no apps"]

"""What `deploy.py secrets diff` asks hosts for."""

from __future__ import annotations

from secrets import token_bytes
from typing import TYPE_CHECKING

from windlass.cli.commands.asking import answered, meet, show
from windlass.output.answer_document import DifferenceDocument
from windlass.secrets.difference import Difference
from windlass.secrets.environment import check, environment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from windlass.agent.messages.requests import AskEnvironments
    from windlass.cli.commands.hosts import Selection
    from windlass.host import Host
    from windlass.project import Project
    from windlass.run.transport import Session


def differences(project: Project, selection: Selection) -> int:
    """Shows what differs on the hosts; gives back the exit status: 1 = a host failed."""
    hosts = selection.chosen(project)
    check(hosts)
    key = token_bytes(32)

    def answer(host: Host, session: Session) -> Mapping[str, object]:
        question: AskEnvironments = {"type": "environments", "apps": list(host.settings.apps), "key": key.hex()}
        told = answered(session, question, len(host.settings.apps))
        there = told["apps"] if told["type"] == "environments" else {}
        apps = [app for app in host.settings.apps if app in there]
        return {"apps": [vars(Difference.between(app, environment_of(host, app), there[app], key)) for app in apps]}

    answers = meet(project, selection, hosts, answer, DifferenceDocument)
    return show(answers, _lines, as_json=selection.as_json)


def _lines(answer: DifferenceDocument) -> list[str]:
    apps = [Difference(**app) for app in answer["apps"]]
    return [f"{answer['host']}  {app}" for app in apps] or [f"{answer['host']}  no apps"]

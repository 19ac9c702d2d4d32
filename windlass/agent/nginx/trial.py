"""A change of nginx on trial: what visitors got before they get after it, or its files are put back."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.nginx.directives import read
from windlass.agent.nginx.servers import choose, servers
from windlass.agent.nginx.visits import OPEN, Question, answers, questions

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = "/var/lib/windlass/trials"
# Pauses before those whose visitors fare worse are asked again: an app may have been cut off by the restart (seconds).
PAUSES = (0.2, 0.5, 1, 2)
# So many of them are told.
TOLD = 5
# Whom asks too often is refused by nginx itself, which serves then.
TOO_MANY = "429"


class Trial:
    """The files that a change is made of as they were, and the answers from before it; a crash leaves them on disk.

    `name` tells it from other changes. Answers are those of blocks whose files the change does not replace.
    """

    def __init__(self, name: str) -> None:
        self._path = f"{FOLDER}/{name.replace('/', '-').replace(' ', '-')}.json"
        try:
            with open(self._path, encoding="utf-8") as file:
                found = json.load(file)
            self._files: dict[str, Any] = found["files"]
            self._before = [(Question(*question), *rest) for question, *rest in found["before"]]
            self.pending = True
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            self._files, self._before = {}, []
            self.pending = False

    @property
    def paths(self) -> list[str]:
        """The files that the change is made of."""
        return list(self._files)

    def keep(self, path: str, *, anew: bool) -> None:
        """Takes down a file, a link, or that there is none, before it is changed; `anew` = the change begins here."""
        if anew or not self.pending:
            self._files = {}
            self._before = [(question, *now) for question, now in _look().items() if _is_good(now[0])]
        if path not in self._files:
            self._files[path] = _state(path)
        files.own_folder(os.path.dirname(FOLDER))
        files.own_folder(FOLDER)
        document = {"files": self._files, "before": self._before}
        files.write(self._path, json.dumps(document).encode(), mode=0o600, uid=os.geteuid(), gid=os.getegid())
        self.pending = True

    def worse(self, replaced: Iterable[str]) -> list[str]:
        """Who is answered otherwise than before, a line each; nobody whose block was in a file that is `replaced`."""
        gone = set(replaced)
        before = {question: (status, place) for question, status, place in self._before if _path(place) not in gone}
        worse = _differing(before, before)
        for pause in PAUSES:
            if not worse:
                return []
            time.sleep(pause)
            worse = _differing(before, worse)
        lines = []
        for question, (status, place) in worse.items():
            old, old_place = before[question]
            lines.append(f"{question}: {old} before ({old_place}), {status} after{f', by {place}' if place else ''}")
        return lines if len(lines) <= TOLD else [*lines[:TOLD], f"and {len(lines) - TOLD} more"]

    def put_back(self) -> None:
        """Makes its files what they were; ends it."""
        for path, state in self._files.items():
            _restore(path, state)
        self.end()

    def end(self) -> None:
        """Forgets what was before."""
        self.pending, self._files, self._before = False, {}, []
        if os.path.lexists(self._path):
            os.unlink(self._path)


def _look() -> dict[Question, tuple[str, str]]:
    """What everybody's visitors are answered now, and by which block."""
    asked = questions(servers(read()))
    return {question: (status, asked[question].place) for question, status in answers(asked).items()}


def _differing(before: dict[Question, tuple[str, str]], among: Iterable[Question]) -> dict[Question, tuple[str, str]]:
    """Who of `among` is answered otherwise now, or by another's block that hides theirs: with what, by which block."""
    now = servers(read())
    differing = {}
    for question, status in answers(among).items():
        old_status, old_place = before[question]
        chosen = choose(now, question.address, question.port, question.name) if question.http else None
        place = chosen.place if chosen else ""
        still = any(server.path == _path(old_place) and server.fit(question.name) > (0, 0) for server in now)
        hidden = bool(place) and still and _path(place) != _path(old_place)
        if (status not in (old_status, TOO_MANY)) or hidden:
            differing[question] = (status, place if hidden else "")
    return differing


def _is_good(status: str) -> bool:
    return status == OPEN or (status.isdigit() and int(status) < 500)


def _path(place: str) -> str:
    return place.rpartition(":")[0]


def _state(path: str) -> Any:
    """What is at a path, as JSON has it; None = nothing."""
    if not os.path.lexists(path):
        return None
    if os.path.islink(path):
        return {"link": os.readlink(path)}
    status = os.stat(path)
    with open(path, "rb") as file:
        content = base64.b64encode(file.read()).decode()
    return {"content": content, "mode": stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid}


def _restore(path: str, state: Any) -> None:
    if state is None:
        if os.path.lexists(path):
            os.unlink(path)
    elif "link" in state:
        files.link(path, state["link"])
    else:
        content = base64.b64decode(state["content"])
        files.write(path, content, mode=state["mode"], uid=state["uid"], gid=state["gid"])

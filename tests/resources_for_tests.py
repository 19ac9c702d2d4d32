"""Resources that only tests declare: what a real one does rarely, these do on demand."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

from windlass.agent.failures import Failed
from windlass.agent.resources.resource import Resource, Unknown


@dataclass(eq=False)
class Diary(Resource):
    """A file to which each refresh adds a line; there is nothing to converge."""

    path: str

    def desired(self) -> dict[str, Any]:
        return {}

    def actual(self) -> dict[str, Any]:
        return {}

    def refresh(self) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("refreshed\n")


@dataclass(eq=False)
class Keeper(Diary):
    """A diary that also hears of changes ahead, and puts a file back as soon as it is given up."""

    def foresee(self, path: str, *, anew: bool) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(f"{os.path.basename(path)} {'anew' if anew else 'too'}\n")

    def give_up(self) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("given up\n")
        os.unlink(os.path.join(os.path.dirname(self.path), "one"))
        self.machine.taken_back.add(os.path.join(os.path.dirname(self.path), "one"))


@dataclass(eq=False)
class Stubborn(Resource):
    """A resource that never becomes what it shall be."""

    what: str

    def desired(self) -> dict[str, Any]:
        return {"mood": "good"}

    def actual(self) -> dict[str, Any]:
        return {"mood": "bad"}

    def apply(self, diff: Any) -> None:
        self.machine.say("trying")


@dataclass(eq=False)
class Riddle(Resource):
    """A resource that cannot be probed."""

    what: str
    sensitive: bool = False

    def desired(self) -> dict[str, Any]:
        return {}

    def actual(self) -> dict[str, Any]:
        raise Unknown(f"until {self.what} comes")


@dataclass(eq=False)
class Sleeper(Resource):
    """A resource whose apply runs `sleep` for `seconds`, deaf to SIGTERM or not; a crash ends the agent before."""

    pid_file: str
    seconds: int = 60
    crash: bool = False
    deaf: bool = False

    def desired(self) -> dict[str, Any]:
        return {"slept": True}

    def actual(self) -> dict[str, Any]:
        return {"slept": False}

    def apply(self, diff: Any) -> None:
        if self.crash:
            os.kill(os.getpid(), 9)
        self.machine.say("sleeping")
        trap = "trap '' TERM; " if self.deaf else ""
        self.machine.run(["sh", "-c", f"{trap}echo $$ > {self.pid_file}; exec sleep {self.seconds}"])
        time.sleep(0)


@dataclass(eq=False)
class Finisher(Resource):
    """A resource whose apply runs what must not be cut off: it ends when there is a file `go` in `folder`."""

    folder: str

    def desired(self) -> dict[str, Any]:
        return {"finished": True}

    def actual(self) -> dict[str, Any]:
        return {"finished": os.path.exists(f"{self.folder}/go")}

    def apply(self, diff: Any) -> None:
        script = f"trap : INT; cd {self.folder}; echo $$ > pid; until [ -e go ]; do sleep 0.05; done"
        self.machine.run(["sh", "-c", script], finishing="it ends soon")


@dataclass(eq=False)
class Buggy(Resource):
    """A resource with a bug."""

    what: str
    sensitive: bool = False

    def desired(self) -> dict[str, Any]:
        raise KeyError(self.what)

    def actual(self) -> dict[str, Any]:
        return {}


@dataclass(eq=False)
class Probed(Resource):
    """A file's text that is probed once for all; `breaks` after it has changed it."""

    what: str
    path: str
    breaks: bool = False

    def desired(self) -> dict[str, Any]:
        return {"text": "new"}

    def actual(self) -> dict[str, Any]:
        return {"text": self.machine.probe("text", self._read)}

    def apply(self, diff: Any) -> None:
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("new")
        if self.breaks:
            raise Failed("broken")

    def _read(self) -> str:
        with open(self.path, encoding="utf-8") as file:
            return file.read()

"""One app as it goes to a host: its name, its settings and its code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import HostError
from windlass.source import server

if TYPE_CHECKING:
    from windlass.host import Facts
    from windlass.settings import AppSettings
    from windlass.source import Source
    from windlass.source.python import Interpreter

# Goes into the name of a virtual environment; another one when they are made in another way, so that those that are
# there are not used again. 2: made by a user of its own, for an app could reach into those before.
MADE = 2


@dataclass(frozen=True)
class App:
    """An app on its way to a host; `name` is also its Unix user and the stem of its units.

    `led`: another host of this run has run its release command.
    """

    name: str
    settings: AppSettings
    source: Source
    led: bool = False

    @property
    def home(self) -> str:
        """Where releases and venvs live: `/srv/NAME`."""
        return f"/srv/{self.name}"

    @property
    def data(self) -> str:
        """Where the app's own data lives, across releases: `/var/lib/NAME`."""
        return f"/var/lib/{self.name}"

    @property
    def sockets(self) -> str:
        """Where the sockets of its releases lie: `/run/NAME`."""
        return f"/run/{self.name}"

    @property
    def gunicorn(self) -> str:
        """Lines for pip beside the requirements, so that there is a Gunicorn; "" = it is among them."""
        return server.to_install(self.settings.gunicorn, self.source.requirements)

    def python(self, facts: Facts) -> Interpreter:
        """The Python of the host that it gets. Raises HostError when none is for it."""
        try:
            return self.source.python.on(facts.python, facts.pythons)
        except HostError as error:
            raise HostError(f"app {self.name}: {error.args[0]}", hint=error.hint) from None

    def venv(self, facts: Facts) -> str:
        """Where its virtual environment lies; the name stands for all that goes into it, and the kind of host."""
        wanted = self.source.requirements
        python = self.python(facts).version
        parts = [MADE, wanted.text, wanted.constraints, self.gunicorn, python, facts.arch, facts.os]
        return f"{self.home}/venvs/{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"

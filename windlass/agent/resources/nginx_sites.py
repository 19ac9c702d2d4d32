"""What nginx answers to names that are no app's: the distribution's page goes, somebody's own stays."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.nginx.servers import ANY, ANY6, Server, servers
from windlass.agent.resources import conffiles
from windlass.agent.resources.content import Content
from windlass.agent.resources.file import File
from windlass.agent.resources.link import Absent
from windlass.agent.resources.nginx import configuration

if TYPE_CHECKING:
    from windlass.agent.resources.resource import State

STOCK = "/etc/nginx/sites-available/default"
# A server block of ours, as its template has it: at the beginning of a line, and so its end.
BLOCK = re.compile(r"^server \{\n.*?^\}\n", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"listen (?:\[::\]:)?(\d+)")


@dataclass(eq=False)
class StockSite(Absent):
    """The distribution's own page, a link or a file, which is not to be there; what somebody made of it stays."""

    def actual(self) -> State:
        return {} if os.path.lexists(self.path) and self._is_stock else None

    def notes(self) -> dict[str, str]:
        if not os.path.lexists(self.path) or self._is_stock:
            return {}
        return {"nginx": f"nginx: {self.path} is no longer the distribution's own, and stays as it is"}

    @property
    def _is_stock(self) -> bool:
        if not os.path.exists(self.path):
            return True  # a link to nowhere, with which nginx does not start
        return os.path.isfile(self.path) and conffiles.unchanged(self.machine, self.path, STOCK)


@dataclass(eq=False)
class UnknownNames(File):
    """The file with our server blocks for names that no app has; without one for a port where somebody has his own."""

    def __post_init__(self) -> None:
        pass  # as it is, for each run looks into it

    @property
    def name(self) -> str:
        """As of any file."""
        return f"file {self.path}"

    def notes(self) -> dict[str, str]:
        theirs = {
            port: server for port, server in sorted(self._theirs.items()) if str(port) in PORT.findall(self._text)
        }
        said = [
            f"names that no app has on port {port} go to {server.place}, as before" for port, server in theirs.items()
        ]
        return {"nginx": "\n".join(f"nginx: {line}" for line in said)} if said else {}

    @property
    def _content(self) -> Content:
        theirs = self._theirs

        def keep(block: re.Match[str]) -> str:
            return "" if theirs.keys() & {int(port) for port in PORT.findall(block[0])} else block[0]

        return Content.of(BLOCK.sub(keep, self._text))

    @property
    def _text(self) -> str:
        assert isinstance(self.content, str)  # noqa: S101 - the role gives it so
        return self.content

    @property
    def _theirs(self) -> dict[int, Server]:
        """Somebody's own block for all other names, by port; its own port and nameless, or said to be the default."""
        found: dict[int, Server] = {}
        for server in servers(configuration(self.machine)):
            if server.path == self.path or server.stream or self._goes(server.path):
                continue
            for listen in server.listens:
                if listen.address in (ANY, ANY6) and (listen.default or server.is_nameless):
                    found.setdefault(listen.port, server)
        return found

    def _goes(self, path: str) -> bool:
        """Whether it is a file that this very run removes, or has removed."""
        return any(
            isinstance(each, StockSite) and each.path == path and each.actual() is not None
            for each in self.machine.resources
        )

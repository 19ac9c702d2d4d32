"""What nginx's configuration names and systemd's restrictions would keep from it (systemd.exec(5))."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.nginx.directives import Directive

# As `templates/systemd/nginx.conf` has them: what it may write to, and what is hidden from it.
WRITABLE = ("/var/log/nginx", "/var/lib/nginx", "/var/cache/nginx", "/run", "/dev", "/proc", "/sys")
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - names, nothing is written there
# Arguments that are files to write to, after the name of the directive.
WRITTEN = re.compile(r"(access_log|error_log|pid|lock_file|\w+_temp_path|\w+_cache_path)")
# And those that are files to read.
READ = re.compile(
    r"(root|alias|include|load_module|auth_basic_user_file|ssl_\w+|\w+_ssl_\w+|geoip\w*|js_\w+|lua_\w+_file)"
)
SOCKET = re.compile(r"unix:(/[^:\s]*)")


class Conflict(NamedTuple):
    """A file or folder, where it is named, and whether it cannot be seen at all, or only not written to."""

    path: str
    place: str
    hidden: bool

    def __str__(self) -> str:
        trouble = "is hidden" if self.hidden else "cannot be written to"
        return f"{self.path} ({self.place}) {trouble}"


def conflicts(top: Directive) -> list[Conflict]:
    """All of them, each path once."""
    found: dict[str, Conflict] = {}
    for directive in top.walk():
        own = [(directive.path, False)]  # what `sites-enabled` leads to may lie in somebody's home
        for path, written in [*own, *_paths(directive)]:
            real = os.path.realpath(path)
            hidden = _below(path, HIDDEN) or _below(real, HIDDEN)
            if hidden or (written and not _below(real, WRITABLE)):
                found.setdefault(path, Conflict(path, directive.place, hidden))
    return list(found.values())


def _paths(directive: Directive) -> Iterator[tuple[str, bool]]:
    """The files that a directive names, and whether they are written to; up to a variable in them."""
    for word in directive.words[1:]:
        # A socket is hidden where its folder is; who may write to it is not the sandbox's matter.
        yield from ((path, False) for path in SOCKET.findall(word))
    named = [word.partition("$")[0] for word in directive.words[1:2] if word.startswith("/")]
    if WRITTEN.fullmatch(directive.name):
        yield from ((path, True) for path in named)
    elif READ.fullmatch(directive.name):
        yield from ((path, False) for path in named)


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)

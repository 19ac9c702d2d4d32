"""nginx's server blocks, and which of them answers to whom.

Source: https://nginx.org/en/docs/http/request_processing.html and ngx_http_core_module.html#listen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from windlass.agent.nginx.directives import Directive

ANY, ANY6 = "*", "[::]"
# What nginx's own regular expressions have another word for.
GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")
# Nobody asks by these names: they stand for a block that is there for all others.
NAMELESS = frozenset({"", "_"})


class Listen(NamedTuple):
    """Where a block listens: an address as nginx writes it, `*` and `[::]` for all, or `unix:/...`; and how."""

    address: str
    port: int
    tls: bool = False
    default: bool = False
    proxied: bool = False  # the PROXY protocol comes first
    both: bool = False  # IPv4, too, of an IPv6 address
    place: str = ""

    @classmethod
    def of(cls, directive: Directive, *, tls: bool) -> Listen:
        """What a `listen` says."""
        where, options = directive.words[1], directive.words[2:]
        address, port = where, 80
        if not where.startswith("unix:"):
            if where.isdigit():
                address, port = ANY, int(where)
            else:
                head, colon, tail = where.rpartition(":")
                if colon and tail.isdigit() and not (where.startswith("[") and where.endswith("]")):
                    address, port = head, int(tail)
            address = {"0.0.0.0": ANY, "": ANY}.get(address, address)  # noqa: S104 - nothing is bound here
        return cls(
            address,
            port,
            tls or "ssl" in options,
            "default_server" in options or "default" in options,
            "proxy_protocol" in options,
            "ipv6only=off" in options,
            directive.place,
        )


@dataclass
class Server:
    """A server block; `names` are as written, in lower case. A `stream` one passes on whatever comes."""

    path: str
    line: int
    listens: list[Listen]
    names: list[str]
    stream: bool = False

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}"

    @property
    def is_nameless(self) -> bool:
        """Whether it is there for those only who ask for a name that no other block has."""
        return NAMELESS.issuperset(self.names)

    def fit(self, name: str) -> tuple[int, int]:
        """How well its best name fits, the greater the better; (0, 0) = not at all."""
        return max((_fit(each, name) for each in self.names), default=(0, 0))


def servers(top: Directive) -> list[Server]:
    """All of them, in their order."""
    contexts = [each for each in top.inside if each.name in ("http", "stream")]
    return [_server(block, stream=context.name == "stream") for context in contexts for block in context.all("server")]


def choose(among: Iterable[Server], address: str, port: int, name: str) -> Server | None:
    """The block that answers to `name` at an address of the host; None = none listens there."""
    listening = [
        (closeness, server, listen)
        for server in among
        for listen in server.listens
        if listen.port == port and (closeness := _closeness(listen, address))
    ]
    closest = max((closeness for closeness, _, _ in listening), default=0)
    candidates = [(server, listen) for closeness, server, listen in listening if closeness == closest]
    if not candidates:
        return None
    # max() takes the first of equals, as nginx does of blocks with the same name.
    best = max((server for server, _ in candidates), key=lambda server: server.fit(name.lower()))
    if best.fit(name.lower()) > (0, 0):
        return best
    return next((server for server, listen in candidates if listen.default), candidates[0][0])


def _server(block: Directive, *, stream: bool) -> Server:
    tls = any(each.words[1:] == ["on"] for each in block.all("ssl"))
    listens = [Listen.of(each, tls=tls) for each in block.all("listen") if len(each.words) > 1]
    listens = [
        each for each, of in zip(listens, block.all("listen")) if "udp" not in of.words and "quic" not in of.words
    ]
    if not listens and not block.all("listen"):
        listens = [Listen(ANY, 80, place=block.place)]
    names = [name.lower() for each in block.all("server_name") for name in each.words[1:]]
    return Server(block.path, block.line, listens, names or [""], stream)


def _closeness(listen: Listen, address: str) -> int:
    """How closely it is meant by an address: 3 = by itself, 2 = with all of its kind, 1 = with all; 0 = not at all."""
    if listen.address.strip("[]") == address:
        return 3
    if ":" in address:
        return 2 if listen.address == ANY6 else 0
    if listen.address == ANY:
        return 2
    return 1 if listen.address == ANY6 and listen.both else 0


def _fit(pattern: str, name: str) -> tuple[int, int]:
    """The rank of the kind (exact, `*.name`, `name.*`, regular expression), and the length of what fits."""
    if pattern == name or pattern == f".{name}":
        return (4, 0)
    if pattern.startswith("~"):
        try:
            return (1, 0) if re.search(GROUP.sub("(?P<", pattern.lstrip("~*")), name) else (0, 0)
        except re.error:
            return (0, 0)
    if pattern.startswith(("*.", ".")) and name.endswith(pattern.lstrip("*")):
        return (3, len(pattern))
    if pattern.endswith(".*") and name.startswith(pattern[:-1]):
        return (2, len(pattern))
    return (0, 0)

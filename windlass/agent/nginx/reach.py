"""Whether those who come to an app's domains, by whichever of the host's addresses, come to the app."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

from windlass.agent.listeners import between, holders
from windlass.agent.nginx.servers import ANY, ANY6, Server, choose, servers
from windlass.agent.nginx.visits import Question, connected, exchange, own_addresses

if TYPE_CHECKING:
    from windlass.agent.nginx.directives import Directive

SITES = "/etc/nginx/sites-enabled"
# So many addresses of each family are visited: a host with containers has one for each of their networks.
MOST = 2
# Pauses before what is amiss is looked at again, e.g. while nginx's old workers end (seconds).
PAUSES = (0.5, 1.5)
NGINX = "nginx"
GOOD, ANY_PAGE = re.compile("2..|429"), re.compile("[1-4]..")
ALONE = " (it listens on {}, which it then has for itself: let it listen on the port alone)"


class Domain(NamedTuple):
    """A domain of `app`; `certificate` (DER) None = it is plain HTTP.

    `path` is where it answers with 2xx; "" = nobody has said: then any answer but an error of the server will do.
    """

    app: str
    name: str
    path: str
    certificate: bytes | None


def in_front(configuration: Directive, app: str, name: str) -> Server | None:
    """Somebody's server block that answers to a domain of an app's in its place; None = there is none."""
    return _in_front(servers(configuration), app, name, {80, 443})


def amiss(configuration: Directive, domains: list[Domain], *, patient: bool) -> list[str]:
    """What a visitor meets instead of the app, a line each; `patient` = looked at again before it is told."""
    told = _amiss(configuration, domains)
    for pause in PAUSES if patient else ():
        if not told:
            break
        time.sleep(pause)
        told = _amiss(configuration, domains)
    return told


def _amiss(configuration: Directive, domains: list[Domain]) -> list[str]:
    found = servers(configuration)
    told: dict[str, str] = {}
    for domain in domains:
        port = 80 if domain.certificate is None else 443
        if hiding := _in_front(found, domain.app, domain.name, {80, port}):
            # Blocks that listen on an address itself have it for themselves, whatever others are called.
            own = [listen.address for listen in hiding.listens if listen.address not in (ANY, ANY6)]
            alone = ALONE.format(own[0]) if own and hiding.fit(domain.name) == (0, 0) else ""
            told.setdefault(domain.name, f"{domain.name} is answered by the server block at {hiding.place}{alone}")
            continue
        for address in some_of(own_addresses()):
            if choose(found, address, port, domain.name):  # else nobody is meant to come there
                question = Question(address, port, port == 443, False, True, domain.name, domain.path or "/")
                if words := _visit(question, domain.certificate, best=bool(domain.path)):
                    told.setdefault(domain.name, words)
    return list(told.values())


def some_of(addresses: list[str]) -> list[str]:
    """The first few of each family."""
    families = [each for each in addresses if ":" not in each], [each for each in addresses if ":" in each]
    return [address for family in families for address in family[:MOST]]


def _in_front(found: list[Server], app: str, name: str, ports: set[int]) -> Server | None:
    own = f"{SITES}/{app}.conf"
    meant = {listen.port for server in found if server.path == own for listen in server.listens}
    for address in own_addresses():
        for port in sorted(ports & meant):
            chosen = choose(found, address, port, name)
            if chosen and chosen.path != own:
                return chosen
    return None


def _visit(question: Question, certificate: bytes | None, *, best: bool = True) -> str:
    """What is amiss with the answer, of which the `best` is wanted, or any but an error; empty = nothing."""
    try:
        with connected(question) as connection:
            shown = connection.getpeercert(binary_form=True) if question.tls else None  # type: ignore[attr-defined]
            others: list[str] = []
            ours = connection.getsockname()[1]
            status = exchange(connection, question, lambda: others.append(_other_than_nginx(ours, question.port)))
    except OSError as error:
        return f"{question}: {error.strerror or error}"
    if others[0]:
        return f"{question} is answered by {others[0]}"
    if shown != certificate:
        return f"{question} is served with another certificate than the app's"
    # Over plain HTTP an app may send its visitors on to HTTPS; too many visits are our nginx's own answer.
    good = (
        GOOD.fullmatch(status) or (not best and ANY_PAGE.fullmatch(status)) or (not question.tls and status[:1] == "3")
    )
    return "" if good else f"{question} is answered {_status(status)}"


def _status(status: str) -> str:
    return f"HTTP {status}" if status.isdigit() else "with nothing"


def _other_than_nginx(ours: int, port: int) -> str:
    """Who has the other end of a connection between these ports of the host; empty = nginx."""
    inode = between(port, ours)
    if not inode:
        return "another server, to which the port is redirected, e.g. a container that publishes it"
    if inode in holders(NGINX):
        return ""
    process, name = holders().get(inode, ("", ""))
    return f"{name} (pid {process})" if process else ""

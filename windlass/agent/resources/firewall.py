"""nftables rules in a table of their own: loaded, alone, and proved by a second login."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.failures import CommandFailed, CommandTrouble, Failed
from windlass.agent.probation import DELAY, Probation
from windlass.agent.resources import iptables_legacy
from windlass.agent.resources.openings import shut_out
from windlass.agent.resources.patch import Side, patch, patch_of
from windlass.agent.resources.resource import Diff, Resource, State, Unknown

if TYPE_CHECKING:
    from windlass.agent.machine import Machine

NFT = "/usr/sbin/nft"
# What the host loads at boot.
PATH = "/etc/windlass/firewall.nft"
FAMILY, TABLE = "inet", "windlass"
REPLACE = f"table {FAMILY} {TABLE}\ndelete table {FAMILY} {TABLE}\n"
# The rules that are loaded; then those of the file, as a kernel of their own shows them, so that both look alike. None,
# if somebody has edited it so that it cannot be loaded.
PROBE = f"""\
list="{NFT} -j -s -t list ruleset"
$list || exit
echo
[ ! -e "$1" ] || unshare --net sh -c "{NFT} -f '$1' 2>/dev/null && $list || true"
"""
# As the rules "$1" would be listed if they were loaded.
LIST_OF = f'printf %s "$1" | unshare --net sh -c "{NFT} -f - && {NFT} -s -t list table {FAMILY} {TABLE}"'
MODE = 0o600
# Whose rules they are, by what the names of their tables and chains begin with.
OWNERS = {"ufw": "ufw", "firewalld": "firewalld", "DOCKER": "Docker", "CNI": "Podman", "NETAVARK": "Podman"}
# They only shut out, for a while, whoever misbehaves: no harm beside another firewall.
GUESTS = ("f2b-", "crowdsec", "sshguard")

Object = dict[str, Any]


@dataclass(eq=False)
class Firewall(Resource):
    """The rules `content` (nftables) for the table `inet windlass`, now and in the file `path` for the next boot.

    Refused where somebody else's rules filter what comes in or goes through. `delay` is how long a second login may
    take (seconds).
    """

    path: str
    content: str
    delay: int = DELAY
    _proved = False

    def desired(self) -> State:
        return {"rules": hashlib.sha256(self.content.encode()).hexdigest(), "loaded": True, "proved": True}

    def actual(self) -> State:
        if not os.path.exists(NFT):
            raise Unknown(". ".join(filter(None, ["nftables is not installed", self.warning()])))
        if self._probation.pending:
            return {"proved": False}
        if others := _others(self._asked[0]):
            raise Failed(
                f"there is another firewall: {others}",
                hint="`firewall: {managed: false}` leaves all to that one. Or switch it off (e.g. `ufw disable`), then"
                " run again. Mind that ports which Docker publishes are open whatever other firewalls say.",
            )
        rules = files.digest(self.path)
        if rules is None:
            return None
        return {"rules": rules, "loaded": not self._altered, "proved": True}

    def warning(self) -> str:
        return shut_out(self.content, before=self._in_force)

    def apply(self, diff: Diff) -> None:
        probation = self._probation
        probation.begin()
        self.machine.forget()
        old = self.machine.run([NFT, "-s", "-t", "list", "table", FAMILY, TABLE]) if _ours(self._asked[0]) else ""
        files.write(f"{probation.folder}/old.nft", f"{REPLACE}{old}".encode(), mode=0o600)
        new = f"{probation.folder}/new.nft"
        files.write(new, self.content.encode(), mode=0o600)
        probation.change(lambda: load(self.machine, new))
        # Only now: a boot before this brings the old rules.
        files.write(self.path, self.content.encode(), mode=MODE)
        self._proved = True

    def patch(self) -> str:
        of_file = patch_of(self.path, self.content.encode(), MODE)
        if not self._altered:
            return of_file
        wanted = self.machine.run(["sh", "-c", LIST_OF, "sh", self.content])
        old, new = (Side(text.encode(), MODE) for text in (table(self.machine), wanted))
        return "\n".join(filter(None, [of_file, patch(f"/table {FAMILY} {TABLE}", old, new)]))

    def notes(self) -> dict[str, str]:
        words = "firewall: a second login works with the new rules, so they are kept"
        return {"firewall": words} if self._proved else {}

    @property
    def _altered(self) -> bool:
        """Whether other rules are loaded than those of the file."""
        loaded, of_file = self._asked
        return _ours(loaded) != _ours(of_file)

    @property
    def _probation(self) -> Probation:
        return on_probation(self.machine, self.delay)

    @property
    def _in_force(self) -> str:
        """The rules of the file, empty = they are not those that are loaded."""
        if not os.path.exists(NFT) or not _ours(self._asked[0]) or self._altered:
            return ""
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    @property
    def _asked(self) -> tuple[list[Object], list[Object]]:
        """What is loaded, of all tables, and what the file says; empty where there is no file."""
        return self.machine.probe(("firewall", self.path), self._ask)

    def _ask(self) -> tuple[list[Object], list[Object]]:
        try:
            said = self.machine.run(["sh", "-c", PROBE, "sh", self.path])
        except CommandFailed as failure:
            raise Failed(
                "nftables does not work here",
                hint="In a container that may not have a firewall of its own: `firewall: {managed: false}`.",
                said=failure.output.strip(),
            ) from None
        loaded, _, of_file = said.partition("\n\n")
        return _objects(loaded) + iptables_legacy.filtering(self.machine), _objects(of_file)


def on_probation(machine: Machine, delay: int) -> Probation:
    """A change of the rules that are loaded; those from before are to be in `old.nft` of its folder."""
    return Probation(machine, "firewall", restore=":", reload=f"{NFT} -f old.nft", delay=delay)


def load(machine: Machine, path: str) -> None:
    """Loads a file of rules; raises Failed, whereupon a probation puts the old ones back, if nft refuses it."""
    try:
        machine.run([NFT, "-f", path])
    except CommandTrouble as failure:
        raise Failed("refused by nft, and as it was again", said=failure.output.strip()) from None


def table(machine: Machine) -> str:
    """The table of Windlass's rules that is loaded, as nft reads it again; empty = there is none."""
    try:
        return machine.run([NFT, "-s", "-t", "list", "table", FAMILY, TABLE]) if os.path.exists(NFT) else ""
    except CommandFailed:
        return ""


def _objects(listing: str) -> list[Object]:
    """The tables, chains, rules and sets of a JSON listing, each with its kind in `kind` and without its number."""
    found: list[Object] = []
    for each in json.loads(listing)["nftables"] if listing.strip() else []:
        ((kind, values),) = each.items()
        if kind != "metainfo":
            found.append({"kind": kind, **{key: value for key, value in values.items() if key != "handle"}})
    return found


def _ours(objects: list[Object]) -> list[Object]:
    own = (FAMILY, TABLE)
    return [each for each in objects if (each["family"], each.get("table", each.get("name"))) == own]


def _others(objects: list[Object]) -> str:
    """Who else filters what comes in or goes through: an owner, or a table and chain; empty = nobody."""
    chains = [each for each in objects if each["kind"] == "chain" and each not in _ours(objects)]
    rules = [each for each in objects if each["kind"] == "rule"]
    for chain in chains:
        if chain.get("hook") not in ("input", "forward") or chain.get("type") != "filter":
            continue
        place = (chain["family"], chain["table"])
        if chain.get("policy") == "drop" or _filters(chain["name"], place, rules):
            names = [chain["table"], *(each["name"] for each in chains if (each["family"], each["table"]) == place)]
            owner = next((OWNERS[known] for known in OWNERS for name in names if name.startswith(known)), None)
            where = f"table {' '.join(place)}, chain {chain['name']}"
            return f"{owner} ({where})" if owner else f"somebody's rules in {where}"
    return ""


def _filters(chain: str, place: tuple[str, str], rules: list[Object]) -> bool:
    """Whether a chain holds a rule that is no guest's, itself or in a chain that it jumps to.

    `ufw disable` leaves its chains in place, empty, and the jumps to them.
    """
    for rule in rules:
        if (rule["family"], rule["table"], rule["chain"]) == (*place, chain) and not _is_guest(rule):
            targets = _targets(rule)
            if not targets or any(_filters(target, place, rules) for target in targets):
                return True
    return False


def _is_guest(rule: Object) -> bool:
    return any(name.startswith(GUESTS) for name in (rule["table"], *_targets(rule)))


def _targets(rule: Object) -> list[str]:
    """The chains that a rule jumps to."""
    return [each["jump"]["target"] for each in rule["expr"] if "jump" in each]

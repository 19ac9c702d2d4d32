"""An app put into a project's inventory: which file, and where in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from windlass.agent import files
from windlass.errors import InventoryError, UsageError
from windlass.inventory.document import Document, DocumentError
from windlass.inventory.insertion import INDENT, CannotInsertError, Way, insert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from windlass.inventory.inventory import Inventory
    from windlass.inventory.tree import Variable

DEFAULT_FILE = "inventory/hosts.yml"
DEFAULT_GROUP = "web"


@dataclass(frozen=True)
class Spot:
    """Mappings in a file of the inventory, `file` relative to the project, that an entry goes into."""

    file: str
    way: Way


def spot_of(inventory: Inventory, host: str) -> Spot:
    """Where an app of a host that the inventory has is written. Raises UsageError where hosts share their apps."""
    apps = inventory.variables_of(host).get("apps")
    if apps is None:
        return _of_host(inventory, host)
    own = apps is inventory.tree.hosts[host].get("apps") or apps.document.name.startswith("inventory/host_vars/")
    sharing = [] if own else _sharing(inventory, apps)
    if len(sharing) > 1:
        raise UsageError(
            f"{apps.place_of_key()}: the apps of {host} are those of {len(sharing)} hosts ({', '.join(sharing[:5])})",
            hint="Write it there by hand, for all of them, or give the host `apps` of its own, with all its apps.",
        )
    return Spot(apps.document.name, _way_to(apps.document, apps.node))


def spot_of_new_host(project: Path, group: str | None) -> Spot:
    """Where a host is written that the inventory does not have: in the group, made where it is new."""
    path = project / DEFAULT_FILE
    group = group or DEFAULT_GROUP
    document = _read(path, DEFAULT_FILE) if path.exists() else None
    for way, _ in _mappings(document.root) if document and document.root else ():
        if way and way[-1] == group and (len(way) == 1 or way[-2] == "children"):
            return Spot(DEFAULT_FILE, (*way, "hosts"))
    return Spot(DEFAULT_FILE, ("all", "children", group, "hosts"))


def host_lines(host: str, variables: Mapping[str, object], app: Sequence[str]) -> list[str]:
    """The lines of a new host that has this app."""
    dumped = yaml.safe_dump(dict(variables), sort_keys=False).splitlines() if variables else []
    said = [f"{' ' * INDENT}{line}" for line in dumped]
    inner = [f"{' ' * 2 * INDENT}{line}" for line in app]
    return [f"{yaml.safe_dump({host: None}).partition(': null')[0]}:", *said, f"{' ' * INDENT}apps:", *inner]


def add(project: Path, spot: Spot, lines: Sequence[str], check: Callable[[], object]) -> tuple[int, int]:
    """Writes the lines, and gives back the first and the last line's number.

    `check` reads the inventory anew: what it raises is raised, and the file is as before. Raises UsageError where the
    file leaves no room for them.
    """
    path = (project / spot.file).resolve()  # a link stays one
    before = path.read_bytes() if path.exists() else None
    text = (before or b"").decode("utf-8")
    try:
        fresh, first = insert(text, spot.way, lines)
    except CannotInsertError as error:
        shown = "\n".join(f"    {line}" for line in lines)
        raise UsageError(
            f"{spot.file}: lines cannot be added below {'.'.join(spot.way)}: {error}",
            hint=f"Add them by hand:\n{shown}",
        ) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o7777 if before is not None else 0o644
    files.replace(str(path), fresh.encode(), mode=mode)
    try:
        check()
    except BaseException:
        if before is None:
            path.unlink()
        else:
            files.replace(str(path), before, mode=mode)
        raise
    return first, first + fresh.count("\n") - text.count("\n") - 1


def _of_host(inventory: Inventory, host: str) -> Spot:
    """Where the variables of a host without apps are: its own entry in a YAML file, else a file of its own."""
    for file, document in _yaml_files(inventory):
        for way, node in _mappings(document.root) if document.root else ():
            if way and way[-1] == "hosts" and any(key.value == host for key, _ in node.value):
                return Spot(file, (*way, host, "apps"))
    folder = inventory.folder / "host_vars"
    named = next((path for end in (".yml", ".yaml") if (path := folder / f"{host}{end}").is_file()), None)
    own = folder / host / "apps.yml" if (folder / host).is_dir() else named or folder / f"{host}.yml"
    return Spot(str(own.relative_to(inventory.project)), ("apps",))


def _yaml_files(inventory: Inventory) -> Iterator[tuple[str, Document]]:
    for path in sorted(inventory.folder.rglob("*")):
        inner = path.relative_to(inventory.folder).parts
        if (
            path.suffix in (".yml", ".yaml")
            and path.is_file()
            and inner[0] not in ("group_vars", "host_vars", "secrets")
        ):
            name = str(path.relative_to(inventory.project))
            yield name, _read(path, name)


def _read(path: Path, name: str) -> Document:
    try:
        return Document(name, path.read_text(encoding="utf-8-sig"))
    except DocumentError as error:
        raise InventoryError(f"{error.place}: {error}") from None


def _sharing(inventory: Inventory, apps: Variable) -> list[str]:
    return [name for name in inventory.hosts if inventory.variables_of(name).get("apps") is apps]


def _way_to(document: Document, wanted: yaml.Node) -> Way:
    found = (way for way, node in _mappings(document.root) if node is wanted) if document.root else iter(())
    return next(found, ("apps",))


def _mappings(node: yaml.Node, way: Way = ()) -> Iterator[tuple[Way, yaml.MappingNode]]:
    """Every mapping of a document that is reached by names, with the way to it."""
    if isinstance(node, yaml.MappingNode):
        yield way, node
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and len(way) < 50:
                yield from _mappings(value, (*way, key.value))

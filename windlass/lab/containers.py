"""The containers and networks of a lab, found by label: after a crash the engine knows more than our files."""

from __future__ import annotations

import hashlib
import re
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.lab.engine import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from windlass.lab.engine import Engine

# How engines say that a container is not there any more.
GONE = re.compile("no such (container|object)", re.IGNORECASE)

KEY = "windlass.lab"
FOLDER_KEY = "windlass.folder"


def prefix(folder: Path) -> str:
    """What the names of a lab's containers and network begin with; one per folder."""
    return f"windlass-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"


def label(folder: Path) -> str:
    """The label by which everything of a lab is found."""
    return f"{KEY}={prefix(folder)}"


def options(engine: Engine, folder: Path, inner_address: str) -> list[str]:
    """The engine's options that put a container into the lab of this folder.

    With podman the MAC address is made from the IP address, as docker does it by itself: after a restart with
    another one, neighbours would send to the old one for up to half a minute.
    """
    labels = ["--label", label(folder), "--label", f"{FOLDER_KEY}={folder}"]
    place = ["--network", prefix(folder), "--ip", inner_address]
    if engine.name == "podman":
        place += ["--mac-address", "02:42:" + ip_address(inner_address).packed.hex(":")]
    return [*labels, *place]


def folders(engine: Engine) -> set[Path]:
    """The folders of all labs that have a container on this machine."""
    lines = _inspected(engine, KEY, f'{{{{index .Config.Labels "{FOLDER_KEY}"}}}}')
    return {Path(line) for line in lines if line}


def states(engine: Engine, selector: str) -> dict[str, str]:
    """The engine's word ("running", "exited", "paused", ...) per container with a label."""
    # `ps` of podman 4 has sentences in place of the state.
    lines = _inspected(engine, selector, "{{.Name}} {{.State.Status}}")
    return {name.lstrip("/"): state for name, _, state in (line.partition(" ") for line in lines)}


def _inspected(engine: Engine, selector: str, form: str) -> list[str]:
    """A line in this form (Go's text/template) per container with a label."""
    names = engine.run("ps", "--all", "--filter", f"label={selector}", "--format", "{{.Names}}").split()
    if not names:
        return []
    try:
        return engine.run("container", "inspect", "--format", form, *names).splitlines()
    except EngineError as error:
        if not GONE.search(error.output):
            raise
        return _inspected(engine, selector, form)  # another lab has gone down since it was listed


def remove(engine: Engine, names: Iterable[str]) -> None:
    """Remove containers at once, running or not, with their volumes."""
    if names := list(names):
        at_once = ["--time=0"] if engine.name == "podman" else []
        engine.run("rm", "--force", "--volumes", *at_once, *names)


def remove_networks(engine: Engine, folder: Path) -> None:
    """Remove the networks of a lab."""
    listed = engine.run("network", "ls", "--filter", f"label={label(folder)}", "--format", "{{.Name}}")
    for name in listed.split():
        engine.run("network", "rm", name)

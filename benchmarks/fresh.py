"""`provision` of a bare host, beside a plain shell script that does the same on an equal one. Goal: at most 1.1x."""

from __future__ import annotations

import io
import statistics
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.world import seconds
from tests.lab.commands import ROOT

if TYPE_CHECKING:
    from benchmarks.world import World

ROUNDS = 3
NAME = "shortener.lab.test"
SCRIPT = Path(__file__).with_name("plain.sh")
ENVIRONMENT = "SECRET_KEY=plain-0123456789abcdef0123456789abcdef\nDATABASE_URL=sqlite:////var/lib/plain/shortener.db\n"


def measure(world: World) -> list[str]:
    """Lines to print."""
    script, provision = [], []
    for number in range(ROUNDS):
        script.append(_on_new_host(world, f"plain{number}", plain=True))
        provision.append(_on_new_host(world, f"windlass{number}", plain=False))
    by_hand, by_windlass = statistics.median(script), statistics.median(provision)
    return [
        f"plain shell script, bare host   {by_hand:6.1f} s",
        f"fresh provision                 {by_windlass:6.1f} s   {by_windlass / by_hand:.2f}x",
    ]


def _on_new_host(world: World, name: str, *, plain: bool) -> float:
    host = world.lab.add_host(name, say=lambda line: None)
    host.wait()
    world.lab.acme.set_name(NAME, host.inner_address)
    try:
        return seconds(lambda: _plain(world, name) if plain else world.windlass("provision", name))
    finally:
        world.lab.acme.clear_name(NAME)
        world.lab.remove_host(name)


def _plain(world: World, name: str) -> None:
    world.ssh(name, "tar xz -C /root", stdin=_archive(world))
    script = SCRIPT.read_bytes()
    world.ssh(name, "bash", "-s", NAME, world.lab.acme.directory_url, stdin=script)


def _archive(world: World) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.add(ROOT / "sample_app", "plain/sample_app", filter=lambda i: None if "__pycache__" in i.name else i)
        archive.add(world.lab.acme.ca_file, "plain/acme-ca.pem")
        entry = tarfile.TarInfo("plain/env")
        entry.size = len(ENVIRONMENT)
        archive.addfile(entry, io.BytesIO(ENVIRONMENT.encode()))
    return stream.getvalue()

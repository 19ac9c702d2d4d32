"""A lab host with the sample app on it, made by the commands that a user has; and the figures of the session."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.audit.audited import NAME, Audited, install
from tests.audit.figures import Figures
from tests.audit.scans import Scans
from tests.lab.abandoned import remove_abandoned
from tests.lab.commands import Commands
from tests.lab.conftest import disposable_lab, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import Lab, LabHost

# Debian's has 3072 bits. Windlass leaves it, for whoever knows the host by it would be shut out; the policy does not.
RSA_KEY = "cd /etc/ssh && rm -f ssh_host_rsa_key* && ssh-keygen -q -t rsa -b 4096 -N '' -f ssh_host_rsa_key"


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """The host as a user has it after `provision`, no jump host; and the hosts that look at it, with their tools."""
    remove_abandoned()
    folder = tmp_path_factory.mktemp("audited")
    with disposable_lab(folder) as lab, ThreadPoolExecutor() as pool:
        commands = Commands.in_new_folder(folder)
        host = lab.host("lab")
        lab.acme.set_name(NAME, host.inner_address)
        newer = lab.add_host("newer", image_name="debian:13", say=say)
        visitor = lab.add_host("visitor", say=say)
        commands.write("inventory/host_vars/lab.yml", "ssh: {tcp_forwarding: false}\n")
        exempt(commands, visitor)
        host.run(RSA_KEY)
        equipped = [
            pool.submit(equip, lab, newer, "testssl.sh", "ssg-debian"),
            pool.submit(equip, lab, visitor, "wapiti"),
        ]
        commands("provision", "lab")
        install(host, "lynis", "openscap-scanner")
        for each in equipped:
            each.result()
        yield Audited(commands, lab, host, newer, visitor)


def exempt(commands: Commands, visitor: LabHost) -> None:
    """The app answers the visitor however much it asks for: else a scan sees refusals alone."""
    settings = commands.folder / "inventory/group_vars/lab.yml"
    text = settings.read_text().replace("1000 per minute", "100000 per minute")
    settings.write_text(f"{text}    limits: {{exempt: [{visitor.inner_address}]}}\n")


def equip(lab: Lab, host: LabHost, *packages: str) -> None:
    """Tools for a host that looks at the audited one, and the authority whose certificates it may believe."""
    host.wait()
    install(host, *packages)
    host.engine.run("exec", "-i", host.container, "sh", "-c", "cat >/root/roots.pem", stdin=lab.acme.roots().encode())


@pytest.fixture(scope="session")
def scans(audited: Audited) -> Iterator[Scans]:
    """Those that take long, begun at once."""
    with Scans(audited) as scans:
        yield scans


@pytest.fixture(scope="session")
def strict(audited: Audited, scans: Scans) -> Audited:
    """The host with all that strict.yml sets, once the scans are done with what it was by default."""
    scans.close()
    settings = Path(__file__).with_name("strict.yml").read_text()
    audited.commands.write("inventory/host_vars/lab.yml", settings)
    audited.commands("provision", "lab")
    return audited


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """What was measured; written to the file that $AUDIT_REPORT names."""
    figures = Figures()
    yield figures
    if report := os.environ.get("AUDIT_REPORT"):
        Path(report).write_text(figures.markdown())

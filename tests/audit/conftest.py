"""A lab host with the sample app on it, made by the commands that a user has; and the figures of the session."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.audit.figures import Figures
from tests.lab.commands import Commands
from tests.lab.conftest import disposable_lab, remove_abandoned_labs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import Lab, LabHost

NAME = "shortener.lab.test"


@dataclass
class Audited:
    """The host, the lab it is in, and the commands that made it."""

    commands: Commands
    lab: Lab
    host: LabHost

    @property
    def roots(self) -> Path:
        """A file with the lab's own certification authority."""
        file = self.commands.folder / "roots.pem"
        file.write_text(self.lab.acme.roots())
        return file


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """The host as a user has it after `provision`."""
    remove_abandoned_labs()
    folder = tmp_path_factory.mktemp("audited")
    with disposable_lab(folder) as lab:
        commands = Commands.in_new_folder(folder)
        host = lab.host("lab")
        lab.acme.set_name(NAME, host.inner_address)
        commands("provision", "lab")
        yield Audited(commands, lab, host)


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """What was measured; written to the file that $AUDIT_REPORT names."""
    figures = Figures()
    yield figures
    if report := os.environ.get("AUDIT_REPORT"):
        Path(report).write_text(figures.markdown())

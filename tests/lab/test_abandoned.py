"""What is taken away of test runs that were killed, and what is left to those that go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.abandoned import IMAGE_OF, held_together, remove_abandoned

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab

pytestmark = pytest.mark.lab


def image_of(lab: Lab, run: Path) -> str:
    """An image, made in a moment, that belongs to the test run of this folder."""
    container = f"{lab.acme.container}-{run.name}"
    tag = f"windlass/test-of-tests:{run.name}"
    image = lab.engine.run("container", "inspect", "--format", "{{.Image}}", lab.acme.container).strip()
    lab.engine.run("create", "--name", container, "--entrypoint=/x", image)
    lab.engine.run("commit", "--change", f"LABEL {IMAGE_OF}={run}", container, tag)
    lab.engine.run("rm", container)
    return tag


def test_an_image_goes_when_nobody_is_left_of_its_run(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "killed").mkdir()
    (tmp_path / "alive").mkdir()
    killed, alive = image_of(lab, tmp_path / "killed"), image_of(lab, tmp_path / "alive")
    with held_together(tmp_path / "alive"), held_together(tmp_path / "alive"):
        remove_abandoned()
        assert not lab.engine.succeeds("image", "inspect", killed)
        assert lab.engine.succeeds("image", "inspect", alive)
    remove_abandoned()
    assert not lab.engine.succeeds("image", "inspect", alive)
    assert set(lab.states().values()) == {"running"}

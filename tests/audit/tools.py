"""The auditing tools, where `make` puts them, and a run of one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_TOOLS = ROOT / ".audit/venv/bin"
OBSERVATORY = ROOT / ".audit/observatory/node_modules/@mdn/mdn-http-observatory"


def python_tool(name: str) -> str:
    """A tool of requirements.lock; a test that needs it fails without it."""
    path = PYTHON_TOOLS / name
    assert path.exists(), f"{path} is not there: make .audit/ready"
    return str(path)


def program(*names: str) -> str:
    """A program of the system; a test that needs it fails without it."""
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"{names[0]} is not there: make programs"
    return found


def node() -> str:
    """Node.js of a version that the Observatory runs on; skips where there is none."""
    found = shutil.which("node")
    if not found or int(said(found, "--version").lstrip("v").partition(".")[0]) < 20:
        pytest.skip("the Observatory needs Node.js 20 or newer, which this system does not have")
    assert OBSERVATORY.exists(), f"{OBSERVATORY} is not there: make .audit/ready"
    return found


def said(*argv: str, status: set[int] = frozenset({0}), **environment: str) -> str:  # type: ignore[assignment]
    """The output of a tool, which must end with one of these statuses."""
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=200, cwd=ROOT, env={**os.environ, **environment}
    )
    assert done.returncode in status, f"{argv[0]} exited with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout

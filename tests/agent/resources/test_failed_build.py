"""Packages that cannot be built: what is told of them. The outputs are those of pip 23.0 (Debian 12), shortened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.local_machine import have_pip, on_this_machine
from windlass.agent.resources import File, confined, dpkg, failed_build, package_index, pip_settings
from windlass.agent.resources.build_needs import NEEDS, USUAL, needed

CROSS = "\N{MULTIPLICATION SIGN}"
OLD = f"""\
Collecting flask==3.1.3
  Downloading flask-3.1.3-py3-none-any.whl (103 kB)
Collecting MarkupSafe==1.0
  Downloading MarkupSafe-1.0.tar.gz (14 kB)
  Installing build dependencies: started
  Installing build dependencies: finished with status 'done'
  Getting requirements to build wheel: started
  Getting requirements to build wheel: finished with status 'error'
  error: subprocess-exited-with-error
  \n\
  {CROSS} Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [21 lines of output]
      Traceback (most recent call last):
        File "<string>", line 6, in <module>
      ImportError: cannot import name 'Feature' from 'setuptools' (/x/setuptools/__init__.py)
      [end of output]
  \n\
  note: This error originates from a subprocess, and is likely not a problem with pip.
error: subprocess-exited-with-error
"""
LACKING = f"""\
Collecting psycopg2==2.8.6
  Downloading psycopg2-2.8.6.tar.gz (383 kB)
  Preparing metadata (setup.py): started
  Preparing metadata (setup.py): finished with status 'error'
  error: subprocess-exited-with-error
  \n\
  {CROSS} python setup.py egg_info did not run successfully.
  │ exit code: 1
  ╰─> [2 lines of output]
      running egg_info
      Error: pg_config executable not found.
      [end of output]
"""
LATE = f"""\
Collecting thing
  Downloading thing-2.0.zip (383 kB)
Collecting my_ldap==3
  Downloading my_ldap-3.tar.gz (383 kB)
Building wheels for collected packages: my_ldap, thing
  Building wheel for my_ldap (setup.py): finished with status 'error'
  error: subprocess-exited-with-error
  \n\
  {CROSS} python setup.py bdist_wheel did not run successfully.
  │ exit code: 1
  ╰─> [2 lines of output]
      Modules/common.h:15:10: fatal error: lber.h: No such file or directory
      [end of output]
  \n\
  ERROR: Failed building wheel for my_ldap
"""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index in a folder, and a dpkg that knows of build-essential alone."""
    if os.getuid() != 0:
        pytest.skip("only root starts processes as another user")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    have_pip(monkeypatch)
    monkeypatch.setattr(confined, "BUILDER", "root")
    monkeypatch.setattr(pip_settings, "FILES", (f"{tmp_path}/pip.conf",))
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")
    (tmp_path / "updates").mkdir()
    (tmp_path / "status").write_text("Package: build-essential\nStatus: install ok installed\n")
    monkeypatch.setattr(dpkg.read, "__defaults__", (str(tmp_path),))
    return wheels


def told(output: str) -> tuple[str, str]:
    """Reason and hint, with a real pip."""
    found = failed_build.find(output)
    assert found is not None
    machine = on_this_machine(File("/x", "")).machine
    return found.reason("3.11"), found.hint(machine, (), "3.11")


def have(folder: Path, *names: str) -> None:
    for name in names:
        (folder / f"{name}-py3-none-any.whl").touch()


def test_one_that_is_older_than_the_hosts_python(host: Path) -> None:
    have(host, "markupsafe-0.9", "markupsafe-2.1.2", "markupsafe-2.1.10", "markupsafe-3.0rc1", "markupsafe-3.0")
    reason, hint = told(OLD)
    assert reason.splitlines()[0] == "markupsafe 1.0 cannot be built, and there is no wheel of it for Python 3.11"
    assert reason.splitlines()[-1].startswith("ImportError: cannot import name 'Feature' from 'setuptools'")
    assert hint == "Ask for markupsafe==2.1.2: it has a wheel for Python 3.11, so nothing is built."


def test_one_whose_build_lacks_something(host: Path) -> None:
    packages = "Add what its build needs to the app's `packages`: [libpq-dev, python3-dev]"
    assert told(LACKING) == (
        (
            "psycopg2 2.8.6 cannot be built, and there is no wheel of it for Python 3.11\n│ exit code: 1\n"
            "╰─> [2 lines of output]\nrunning egg_info\nError: pg_config executable not found."
        ),
        f"{packages}; or ask for psycopg2-binary, which needs no build.",
    )
    have(host, "psycopg2-2.9.9")
    assert told(LACKING)[1] == f"{packages}; or ask for psycopg2==2.9.9, which needs no build."


def test_one_that_is_in_no_table(host: Path) -> None:
    reason, hint = told(LATE)
    assert reason.startswith("my-ldap 3 cannot be built")
    assert hint == "Add what its build needs to the app's `packages`: [libldap-dev, python3-dev]."


def test_nothing_is_added_that_is_there(host: Path) -> None:
    names = (*USUAL, "libldap-dev")
    (host.parent / "status").write_text("".join(f"Package: {each}\nStatus: install ok installed\n" for each in names))
    assert told(LATE)[1] == "What it says above is all that is known; what builds usually need is installed."
    have(host, "my_ldap-2")
    assert told(LATE)[1] == "Ask for my-ldap==2: it has a wheel for Python 3.11, so nothing is built."


@pytest.mark.parametrize("output", ["", "ERROR: No matching distribution found for x", "subprocess-exited-with-error"])
def test_what_is_no_failed_build(output: str) -> None:
    assert failed_build.find(output) is None


def test_an_index_that_does_not_answer(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = on_this_machine(File("/x", "")).machine
    assert package_index.with_wheels(machine, "x") == []
    monkeypatch.setattr(package_index, "PIP_WHEELS", "/nowhere/*")
    assert package_index.with_wheels(machine, "x") == []


def test_the_table() -> None:
    assert len(NEEDS) >= 60
    assert all(packages for packages in NEEDS.values())
    assert needed("lxml", "") == ["build-essential", "libxml2-dev", "libxslt1-dev", "python3-dev", "zlib1g-dev"]

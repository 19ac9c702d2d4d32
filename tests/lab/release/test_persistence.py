"""What an app that was broken into leaves behind reaches neither an installation nor a fresh release.

The markers are harmless: whoever reads them fails, or shows that it has.
"""

from __future__ import annotations

import base64
import io
import tarfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

# As the app's user, with all that it may write to.
PLANT = r"""
cd /var/lib/notes
for minor in 9 10 11 12 13; do
    site=.local/lib/python3.$minor/site-packages
    mkdir -p $site
    echo 'import os; os._exit(7)' >$site/usercustomize.py
    echo 'import os; os._exit(8)' >$site/planted.pth
done
mkdir -p .config/pip .pip .config/git
printf '[global]\ndry-run = true\nindex-url = http://127.0.0.1:9/simple\n' | tee .config/pip/pip.conf >.pip/pip.conf
printf '[install]\nprefix=/nonexistent\n' >.pydistutils.cfg
printf '[core]\nhooksPath = /nonexistent\n' | tee .gitconfig >.config/git/config
echo 'machine pypi.org login planted password planted' >.netrc
echo 'import os; os._exit(9)' >gunicorn.conf.py
chmod 777 . .config .local
"""
PROBE = """
import getpass, os, subprocess, tempfile
from setuptools import setup
assert getpass.getuser() == "_windlass-build", getpass.getuser()
for path in ("/var/lib/notes", os.path.expanduser("~/.config"), os.path.expanduser("~/.netrc")):
    try:
        found = os.listdir(path)
    except (FileNotFoundError, PermissionError):
        continue
    raise SystemExit(f"{path} is in sight")
with tempfile.TemporaryDirectory() as folder:
    script = os.path.join(folder, "script")
    with open(script, "w") as file:
        file.write("#!/bin/sh\\n")
    os.chmod(script, 0o755)
    subprocess.run([script], check=True)
    open(os.path.join(folder, "large"), "wb").write(bytes(2**21))
setup(name="windlass-probe", version="1", py_modules=["windlass_probe"])
"""


@pytest.fixture
def planted(world: World, mended: None) -> Iterator[World]:
    """`notes` on a host where whoever broke into it has left things."""
    world.well()
    world.host.run(f"setpriv --reuid notes --regid notes --clear-groups sh -c '{PLANT.replace(chr(39), chr(34))}'")
    yield world
    world.host.run("find /var/lib/notes -mindepth 1 -delete; chmod 700 /var/lib/notes")


@pytest.fixture
def probe(world: World) -> Iterator[str]:
    """A package to be built on the host, that looks round while it is built; gives back its folder."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in (("setup.py", PROBE), ("windlass_probe.py", "FOUND = True\n")):
            member = tarfile.TarInfo(f"windlass-probe-1/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    text = base64.b64encode(content.getvalue()).decode()
    world.host.run(f"mkdir -p /opt/probe; echo {text} | base64 -d >/opt/probe/windlass-probe-1.tar.gz")
    yield "/opt/probe"
    world.host.run("rm -r /opt/probe")


@pytest.fixture
def pip_conf(world: World) -> Iterator[str]:
    """pip's configuration of the host, put back after the test."""
    world.host.run("touch /etc/pip.conf; cp -a /etc/pip.conf /etc/pip.conf.before")
    yield "/etc/pip.conf"
    world.host.run("mv /etc/pip.conf.before /etc/pip.conf")


def test_what_an_app_plants_reaches_no_later_release(planted: World) -> None:
    planted.edit('"flask>=3.1,<4"', '"flask>=3.1,<4", "tomli==2.0.1"', "pyproject.toml")
    planted.greet("after the break-in")
    planted.well(release_command="/usr/bin/python3 -c pass; python -c 'import tomli'")
    assert planted.visit() == "after the break-in"
    found = planted.host.run("ls -a /srv/notes/current/venv/; stat -c %U:%G:%a /srv/notes/current/venv/")
    assert ".build" not in found
    assert found.endswith("root:notes:750\n")
    planted.host.run("! ls /run/windlass-pip.env")


def test_a_host_whose_pip_is_set_up_for_others(world: World, probe: str, pip_conf: str, mended: None) -> None:
    """For users, with a target, readable by root alone; and with a /tmp that is small and runs nothing."""
    world.host.run(
        f"printf '\\n[install]\\nuser = true\\ntarget = /nonexistent\\nfind-links = {probe}\\n' >>{pip_conf};"
        f" chmod 600 {pip_conf}; mount -t tmpfs -o size=64k,mode=1777,noexec tmpfs /tmp"
    )
    try:
        world.edit('"flask>=3.1,<4"', '"flask>=3.1,<4", "windlass-probe==1"', "pyproject.toml")
        world.well(release_command="python -c 'import windlass_probe'")
    finally:
        world.host.run("umount /tmp")

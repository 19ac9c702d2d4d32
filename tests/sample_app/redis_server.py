"""A Redis server of the tests' own: in a temporary folder, on a Unix socket, gone with the tests."""

import shutil
import subprocess
import time
from contextlib import contextmanager

import pytest

from tests.own_folder import own_folder


@contextmanager
def redis_server():
    """REDIS_URL of a running server."""
    program = shutil.which("redis-server")
    if not program:
        pytest.fail("Redis is not installed; on Debian and Ubuntu: apt-get install redis-server", pytrace=False)
    with own_folder("redis") as folder:
        socket = folder / "socket"
        command = [program, "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "no"]
        with open(folder / "log", "w") as log:
            process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while not socket.exists():
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.02)
            yield f"redis+unix://{socket}"
        finally:
            process.terminate()
            process.wait(60)

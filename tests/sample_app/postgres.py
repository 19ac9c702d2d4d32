"""A PostgreSQL server of the tests' own: in a folder of its own, on a Unix socket, gone with the tests."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

PACKAGE = "postgresql"  # of Debian and Ubuntu


class PostgresServer:
    """A running server in an empty folder; `stop` it."""

    def __init__(self, folder):
        self.folder = folder
        self.binaries = _binaries()
        # It refuses to run as root; Debian's package comes with a user for it.
        self.user = _somebody() if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self._run("initdb", "-D", "data", "-U", "shortener", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8")
        # Nothing here has to outlive the machine.
        fast = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        self.process = self._start(
            "postgres",
            "-D",
            "data",
            "-k",
            str(self.folder),
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=60",
            *fast,
        )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, self.log()
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)

    @property
    def url(self):
        """DATABASE_URL of the one database."""
        return f"postgresql://shortener@/postgres?host={self.folder}"

    def empty(self):
        """Have nobody and nothing in the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")

    def _answers(self):
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def log(self):
        """What the programs have said."""
        return (self.folder / "log").read_text()

    def stop(self):
        """At once, whoever is connected."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)

    def _start(self, program, *arguments):
        # SIGINT makes it end fast; it gets one when the tests die.
        command = ["setpriv", "--pdeathsig", "INT"]
        if self.user:
            command += ["--reuid", str(self.user.pw_uid), "--regid", str(self.user.pw_gid), "--clear-groups"]
        with open(self.folder / "log", "a") as log:
            return subprocess.Popen(
                [*command, self.binaries / program, *arguments],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _run(self, *command):
        assert self._start(*command).wait(60) == 0, self.log()


def _binaries():
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("postgres")
    if not found:
        pytest.fail(f"PostgreSQL is not installed; on Debian and Ubuntu: apt-get install {PACKAGE}", pytrace=False)
    return Path(found).resolve().parent


def _somebody():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is no user postgres or nobody to run PostgreSQL as")

"""How many workers and threads an app gets where its settings do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windlass.host import Facts
    from windlass.settings import AppSettings

# What a worker of an ordinary Flask app with an ORM comes to need (bytes).
MEMORY_OF_WORKER = 128 * 1024**2
# The part of the host's memory that all apps together plan for; during a switch an app runs twice.
SHARE_OF_APPS = 0.4
# Most of a request's time is waiting, for a database or another service; more threads only wait for the GIL.
THREADS = 4
MOST_WORKERS = 16

UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def workers_and_threads(settings: AppSettings, facts: Facts, apps: int) -> tuple[int, int]:
    """Workers and threads of an app on a host with `apps` apps.

    Workers: one more than the app's share of the CPUs, so that one can be replaced or wait while the others work; but
    no more than fit into its share of the memory (or half its `memory_max`). Threads: THREADS; a `sync` worker is one
    that has none, for with threads Gunicorn takes gthread in its place.
    """
    memory = facts.memory * SHARE_OF_APPS / apps
    if settings.memory_max:
        memory = min(memory, UNITS[settings.memory_max[-1]] * int(settings.memory_max[:-1]) / 2)
    wanted = max(2, -(-facts.cpus // apps) + 1)
    fitting = max(1, int(memory // MEMORY_OF_WORKER))
    workers = settings.gunicorn.workers or min(wanted, fitting, MOST_WORKERS)
    usual = 1 if settings.gunicorn.worker_class == "sync" else THREADS
    return workers, settings.gunicorn.threads or usual

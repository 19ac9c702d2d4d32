"""Whether hosts share a database, as far as an environment tells."""

from collections.abc import Iterable
from urllib.parse import urlsplit

# Names of SQLAlchemy's dialects and of others that migrations are for; +DRIVER may follow.
SERVERS = {"cockroachdb", "mariadb", "mongodb", "mssql", "mysql", "oracle", "postgres", "postgresql"}
HERE = {"localhost", "127.0.0.1", "::1"}


def is_shared(values: Iterable[str]) -> bool:
    """Whether one of the values is the URL of a database on another machine, e.g. `postgresql://app@db.example.com/app`.

    A file (sqlite), a socket and `localhost` are each host's own.
    """
    return any(_host(value) not in {None, *HERE} for value in values)


def _host(value: str) -> str | None:
    """The host of a database's URL; None = it is no such URL, or it names none."""
    try:
        url = urlsplit(value)
        return url.hostname if url.scheme.partition("+")[0] in SERVERS else None
    except ValueError:
        return None

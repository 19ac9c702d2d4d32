"""Whether hosts share a database, as far as an environment tells."""

from collections.abc import Iterable
from urllib.parse import urlsplit

# Names of SQLAlchemy's dialects and of others that migrations are for; +DRIVER may follow.
SERVERS = {"cockroachdb", "mariadb", "mongodb", "mssql", "mysql", "oracle", "postgres", "postgresql"}
HERE = {"localhost", "127.0.0.1", "::1"}


def shared(values: Iterable[str]) -> tuple[str, ...]:
    """The databases on other machines that these values are URLs of, e.g. `db.example.com/app`; in order.

    A file (sqlite), a socket and `localhost` are each host's own.
    """
    return tuple(sorted({database for value in values if (database := _elsewhere(value))}))


def _elsewhere(value: str) -> str | None:
    """Server and name of the database of a URL; None = it is no such URL, or its database is on the host itself."""
    try:
        url = urlsplit(value)
        if url.scheme.partition("+")[0] not in SERVERS or url.hostname in {None, *HERE}:
            return None
        return f"{url.hostname}:{url.port or ''}{url.path}"
    except ValueError:
        return None

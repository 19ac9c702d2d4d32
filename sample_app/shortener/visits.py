"""Visits: counted in memory and written a second later, so that no redirect waits for the database to write.

A process that ends writes what it has; one that is killed loses the visits of its last second.
"""

from collections import Counter
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Lock, Timer

from flask import Flask
from sqlalchemy import bindparam, update
from sqlalchemy.exc import SQLAlchemyError

from shortener.links import Link

SECONDS = 1.0
COUNT = (
    update(Link)
    .where(Link.id == bindparam("link"))
    .values(hits=Link.hits + bindparam("visits"), last_used_at=bindparam("now"))
)


def init_app(app: Flask) -> None:
    """Give the app its visits."""
    app.extensions["visits"] = Visits(app)


class Visits:
    """The visits of this process that are not in the database yet."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._new: SimpleQueue[int] = SimpleQueue()
        self._visits: Counter[int] = Counter()
        self._writing = Lock()
        self._timer: Timer | None = None

    def count(self, link_id: int) -> None:
        """One more visit of this link, now."""
        self._new.put(link_id)
        if self._timer is None:  # two at once may both start one; the second will have nothing to write
            self._timer = Timer(SECONDS, self.write)  # Python ends only when it has run
            self._timer.start()

    def write(self) -> None:
        """Have the database add what was counted; if it cannot, all is kept until the next visit."""
        with self._writing:
            self._timer = None
            while not self._new.empty():
                self._visits[self._new.get()] += 1
            # Always in the same order, so that two processes never wait for each other.
            now = datetime.now(UTC)
            rows = [{"link": link, "visits": visits, "now": now} for link, visits in sorted(self._visits.items())]
            try:
                if rows:
                    with self._app.extensions["engine"].begin() as connection:
                        connection.execute(COUNT, rows)
                self._visits.clear()
            except SQLAlchemyError:
                self._app.logger.exception("%d visits are not counted yet", self._visits.total())

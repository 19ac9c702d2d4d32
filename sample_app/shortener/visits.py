"""Visits: counted in memory and written once a second, so that no redirect waits for the database to write.

A process that ends writes what it has; one that is killed loses the visits of its last second.
"""

from __future__ import annotations

import atexit
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update
from sqlalchemy.exc import SQLAlchemyError

from shortener.links import Link

if TYPE_CHECKING:
    from flask import Flask

SECONDS = 1.0
COUNT = (
    update(Link)
    .where(Link.id == bindparam("link"))
    .values(hits=Link.hits + bindparam("visits"), last_used_at=bindparam("at"))
)


def init_app(app: Flask) -> None:
    """Give the app its visits."""
    app.extensions["visits"] = Visits(app)


class Visits:
    """The visits of this process that are not in the database yet."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._counting = threading.Lock()  # held for moments only
        self._writing = threading.Lock()  # held while the database writes
        self._visits: Counter[int] = Counter()
        self._last: dict[int, datetime] = {}
        self._writer: threading.Thread | None = None
        self._ended = threading.Event()

    def count(self, link_id: int) -> None:
        """One more visit of this link, now."""
        with self._counting:
            self._visits[link_id] += 1
            self._last[link_id] = datetime.now(UTC)
            if self._writer is None:  # not earlier: a thread would not survive the fork that makes a worker
                self._writer = threading.Thread(target=self._write_now_and_then, name="visits", daemon=True)
                self._writer.start()
                atexit.register(self.end)

    def write(self) -> None:
        """Have the database add what was counted; if it cannot, all is kept for the next time."""
        with self._writing:
            with self._counting:
                visits, self._visits = self._visits, Counter()
                last, self._last = self._last, {}
            if not visits:
                return
            # Always in the same order, so that two processes never wait for each other.
            rows = [{"link": link, "visits": visits[link], "at": last[link]} for link in sorted(visits)]
            try:
                with self._app.extensions["engine"].begin() as connection:
                    connection.execute(COUNT, rows)
            except SQLAlchemyError:
                self._app.logger.exception("%d visits are not counted yet", visits.total())
                with self._counting:
                    self._visits.update(visits)
                    self._last = last | self._last

    def end(self) -> None:
        """Write what is left, and no more after that."""
        self._ended.set()
        self.write()
        atexit.unregister(self.end)

    def _write_now_and_then(self) -> None:
        while not self._ended.wait(SECONDS):
            self.write()

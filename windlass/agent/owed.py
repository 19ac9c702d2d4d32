"""Refreshes that are owed: noted on disk before the change that causes them, crossed out when paid."""

from __future__ import annotations

import json
import os

from windlass.agent import files
from windlass.agent.failures import Failed


class Owed:
    """Names of resources whose refresh is due; survives a crash of either side, so that the next run pays.

    Raises Failed when what an earlier run noted cannot be read.
    """

    def __init__(self, folder: str) -> None:
        self._path = f"{folder}/owed.json"
        try:
            with open(self._path, encoding="utf-8") as file:
                self._names = _names(file.read())
        except FileNotFoundError:
            self._names = set()
        except ValueError:
            raise Failed(
                f"{self._path} is damaged: it should say which services an earlier run still had to reload",
                hint="Remove it, and reload nginx and restart what you have doubts about yourself.",
            ) from None

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, names: list[str]) -> None:
        """Notes the names on disk."""
        if not self._names.issuperset(names):
            self._names.update(names)
            self._save()

    def pay(self, name: str) -> None:
        """Crosses one out."""
        if name in self._names:
            self._names.remove(name)
            self._save()

    def _save(self) -> None:
        files.own_folder(os.path.dirname(self._path))
        files.write(self._path, json.dumps(sorted(self._names)).encode(), mode=0o600)


def _names(text: str) -> set[str]:
    names = json.loads(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError
    return set(names)

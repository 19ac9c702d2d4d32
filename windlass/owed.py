"""[H] Refreshes that are owed: noted on disk before the change that causes them, crossed out when paid."""

from __future__ import annotations

import json
import os

from windlass import files


class Owed:
    """Names of resources whose refresh is due; survives a crash of either side, so that the next run pays."""

    def __init__(self, folder: str) -> None:
        self._path = f"{folder}/owed.json"
        try:
            with open(self._path, encoding="utf-8") as file:
                self._names: set[str] = set(json.load(file))
        except FileNotFoundError:
            self._names = set()

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
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        files.write(self._path, json.dumps(sorted(self._names)).encode(), mode=0o600)

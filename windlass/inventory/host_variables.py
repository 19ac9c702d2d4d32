"""The variables of all hosts, as a template may read them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any


class HostVariables(Mapping[str, Mapping[str, Any]]):
    """Ansible's `hostvars`: the variables of every host by its name, looked up on demand.

    `shared` has what becomes of the templates that say the same for every host: each of many may read them all.
    """

    def __init__(self, names: Collection[str], values_of: Callable[[str], Mapping[str, Any]]) -> None:
        self._names = names
        self._values_of = values_of
        self.shared: dict[str, tuple[Any, Exception | None]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._names:
            raise KeyError(name)
        return self._values_of(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{len(self)} hosts>"

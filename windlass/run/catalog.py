"""What a host must have, in order, as plain data for the agent."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from windlass.agent.resources.content import Content
from windlass.errors import AgentError
from windlass.run.own_kinds import sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from windlass.agent.messages.requests import CatalogEntry
    from windlass.agent.resources.resource import Resource


@dataclass(frozen=True)
class Entry:
    """A resource with the role that declared it and the app it serves (None = the whole host)."""

    resource: Resource
    role: str
    app: str | None = None


class Catalog:
    """Resources in the order in which they are to converge; large content is named by hash and sent on demand."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        self.contents: dict[str, bytes] = {}
        self._check()

    def entry(self, number: int) -> Entry:
        """The one that an agent calls by this number; raises AgentError when there is none."""
        if number >= len(self.entries):
            raise AgentError(f"the agent speaks of resource {number}, which is not in the catalog")
        return self.entries[number]

    def encoded(self) -> list[CatalogEntry]:
        """The catalog as plain JSON-like values; fills `contents`, by sha256 in hex."""
        return [self._encode(entry) for entry in self.entries]

    def own_kinds(self) -> dict[str, str]:
        """The sources of kinds that are the project's own, by the names of their modules. Raises UsageError."""
        return sources(type(entry.resource) for entry in self.entries)

    def _encode(self, entry: Entry) -> CatalogEntry:
        resource = entry.resource
        kind = f"{type(resource).__module__}:{type(resource).__name__}"
        values = {
            field.name: self._value(getattr(resource, field.name))
            for field in fields(resource)  # type: ignore[arg-type]
            if field.name != "notify"
        }
        names = [notified.name for notified in resource.notify]
        return {"kind": kind, "app": entry.app, "fields": values, "notify": names}

    def _value(self, value: Any) -> Any:
        if isinstance(value, Content):
            self.contents[value.sha256] = value.read()
            return {"$sha256": value.sha256, "$size": value.size}
        return value

    def _check(self) -> None:
        """Programming mistakes in a role: two resources of one name, or a notified one that does not come later."""
        seen: set[str] = set()
        for entry in reversed(self.entries):
            resource = entry.resource
            for notified in resource.notify:
                if notified.name not in seen:
                    raise ValueError(
                        f"role {entry.role}: {resource.name} notifies {notified.name}, which does not come later"
                    )
            if resource.name in seen:
                raise ValueError(f"role {entry.role}: {resource.name} is declared twice")
            seen.add(resource.name)

"""Resources that have in them what Ansible's vault keeps: what differs in these is shown to nobody."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from windlass.agent.resources.content import Content

if TYPE_CHECKING:
    from collections.abc import Collection

    from windlass.agent.resources.resource import Resource

LARGEST = 1 << 20  # bytes of content that are looked through; what is larger is an archive


def hidden(resource: Resource, texts: Collection[str]) -> Resource:
    """The resource, sensitive where one of these texts is in it."""
    if texts and not resource.sensitive:
        values = [getattr(resource, field.name) for field in fields(resource) if field.name != "notify"]  # type: ignore[arg-type]
        resource.sensitive = any(_has(value, text) for value in values for text in texts)
    return resource


def _has(value: Any, text: str) -> bool:
    if isinstance(value, str):
        return text in value
    if isinstance(value, Content):
        return value.size <= LARGEST and text.encode() in value.read()
    if isinstance(value, bytes):
        return text.encode() in value
    if isinstance(value, dict):
        return any(_has(part, text) for entry in value.items() for part in entry)
    return isinstance(value, list | tuple | set | frozenset) and any(_has(part, text) for part in value)

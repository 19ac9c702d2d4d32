"""The JSON of commands that ask, held against its types: no key more, none less."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from windlass.output import answer_document as documents

for each in vars(documents).values():
    if hasattr(each, "__required_keys__"):
        each.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
KINDS = {
    "audit": documents.AuditDocument,
    "facts": documents.FactsDocument,
    "releases": documents.ReleasesDocument,
    "run": documents.RunDocument,
    "secrets": documents.DifferenceDocument,
    "status": documents.StatusDocument,
}


def held(kind: Any, document: Any) -> None:
    """Fails where a document is not of that kind."""
    TypeAdapter(kind).validate_python(json.loads(json.dumps(document)))


def read(command: str, text: str) -> list[dict[str, Any]]:
    """The hosts of all that a command has printed."""
    document = json.loads(text)
    assert document.keys() == {"hosts"}
    for host in document["hosts"]:
        held(KINDS[command], host)
    hosts: list[dict[str, Any]] = document["hosts"]
    return hosts

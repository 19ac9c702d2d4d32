"""The JSON of commands that ask, held against its types: no key more, none less."""

from __future__ import annotations

import json
from typing import Any

from windlass.agent.messages.checked import checked
from windlass.output import answer_document as documents

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
    plain = json.loads(json.dumps(document))
    assert checked(kind, plain) == plain  # made anew of what the type knows


def read(command: str, text: str) -> list[dict[str, Any]]:
    """The hosts of all that a command has printed."""
    document = json.loads(text)
    assert document.keys() == {"hosts"}
    for host in document["hosts"]:
        held(KINDS[command], host)
    hosts: list[dict[str, Any]] = document["hosts"]
    return hosts

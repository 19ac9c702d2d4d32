"""The JSON document of a run, held against its type: no key more, none less."""

from __future__ import annotations

import json

from pydantic import ConfigDict, TypeAdapter

from windlass.output.report_document import Document, HostDocument, ResourceDocument

for kind in (Document, HostDocument, ResourceDocument):
    kind.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[attr-defined]
DOCUMENT = TypeAdapter(Document)


def read(text: str) -> Document:
    """A document that a command has printed, all of it; fails where it is not as it shall be."""
    document: Document = DOCUMENT.validate_python(json.loads(text))
    return document

"""Ansible's TOML inventories: `[web.hosts.web1]`, `[web.vars]`, `children = ["db"]`."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from windlass.inventory.document import Document, DocumentError
from windlass.inventory.problems import Place

_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


def document_of(name: str, text: str) -> Document:
    """A file of groups as if it were YAML; its values know their file, not their line. Raises DocumentError."""
    try:
        groups = tomllib.loads(text)
        node = yaml.representer.SafeRepresenter().represent_data({key: _group(body) for key, body in groups.items()})
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        place = Place(name, int(found[1]), int(found[2])) if found else Place(name)
        fault = _AT.sub("", str(error))
        raise DocumentError(place, f"not valid TOML: {fault[:1].lower()}{fault[1:]}") from None
    except yaml.representer.RepresenterError as error:
        raise DocumentError(Place(name), f"{error.args[-1]} is a time of day, which no variable can be") from None
    return Document.of_root(name, node, text)


def _group(body: Any) -> Any:
    """A group with its children as a mapping, which are a list here."""
    children = body.get("children") if isinstance(body, dict) else None
    return {**body, "children": dict.fromkeys(children)} if isinstance(children, list) else body

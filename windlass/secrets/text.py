"""The text of a secrets file: YAML, `NAME: value` for every app, `APP: {NAME: value}` for one; nothing is guessed.

A value is taken as it is written: `PIN: 0123` is the text 0123, `ON: yes` the text yes. What a message quotes of the
text are names alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from windlass.errors import InventoryError
from windlass.inventory.document import NULL, TEXT, Document, DocumentError
from windlass.settings.environment import fault_of_value, is_name
from windlass.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

# (app, name) of each secret; app None = for every app.
Entries = dict[tuple[str | None, str], Secret]

_AS_WRITTEN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "float", "int", "timestamp", "value"))
_CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ")


def entries(text: str, name: str) -> Entries:
    """The secrets in a text that messages call `name`. Raises InventoryError with all that is wrong."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_CONFLICT):
            raise InventoryError(f"{name}:{number}: a merge conflict marker; keep one of the two sides")
    faults: list[str] = []
    found: Entries = {}
    for app, key, node, place in _walk(_document(text, name), name, faults):
        if (app, key) in found:
            faults.append(f"{place}: {key} is set twice, also at {found[app, key].place}")
        elif fault := fault_of_value(key, node.value):
            faults.append(f"{place}: {fault}")
        else:
            found[app, key] = Secret(node.value, place)
    if faults:
        raise InventoryError("\n".join(faults))
    return found


def with_value(text: str, app: str | None, key: str, value: str) -> str:
    """The text with one more secret, or another value of one; the rest, comments too, stays as it is."""
    wanted = {place: secret.value for place, secret in entries(text, "").items()} | {(app, key): value}
    for changed in (_edited(text, app, key, value), _written(wanted)):
        try:
            if {place: secret.value for place, secret in entries(changed, "").items()} == wanted:
                return changed
        except InventoryError:
            continue
    raise InventoryError(f"{key}: YAML cannot carry this value")


def without(text: str, app: str | None, key: str) -> str:
    """The text without one of its secrets; the rest, comments too, stays as it is."""
    wanted = {place: secret.value for place, secret in entries(text, "").items() if place != (app, key)}
    changed = _cut(text, app, key)
    try:
        found = {place: secret.value for place, secret in entries(changed, "").items()}
    except InventoryError:
        found = {}
    return changed if found == wanted else _written(wanted)


def _cut(text: str, app: str | None, key: str) -> str:
    """The text without the lines of that one place, and without those of its app where that has no other."""
    root = _document(text, "").root
    home = root if app is None else _below(root, app)
    if not isinstance(home, yaml.MappingNode):
        return text
    if app is not None and len(home.value) == 1:
        home, key = root, app
    pairs = home.value if isinstance(home, yaml.MappingNode) else []
    name, value = next((name, value) for name, value in pairs if name.value == key)
    rows = text.splitlines(keepends=True)
    last = value.end_mark.line + (1 if value.end_mark.column else 0)
    return "".join(rows[: name.start_mark.line] + rows[max(last, name.start_mark.line + 1) :])


def _document(text: str, name: str) -> Document:
    try:
        return Document(name, text)
    except DocumentError as error:
        # The parser's own words may quote what stands there.
        raise InventoryError(
            f"{error.place}: this is not readable as YAML",
            hint="Lines are NAME: value, or APP: with such lines below it; a value with special characters goes in"
            " quotes. (What stands there is not shown.)",
        ) from None


def _walk(document: Document, name: str, faults: list[str]) -> Iterator[tuple[str | None, str, yaml.ScalarNode, str]]:
    """App, name, value and place of each secret; what is none is a fault."""
    root = document.root
    if root is None or root.tag == NULL:
        return
    if not isinstance(root, yaml.MappingNode):
        faults.append(f"{name}: must be a mapping: NAME: value, or APP: with such lines below it")
        return
    for key, node in root.value:
        if isinstance(node, yaml.MappingNode):
            place = _place(name, key)
            if not isinstance(key, yaml.ScalarNode):
                faults.append(f"{place}: this is not the name of an app")
                continue
            for below, value in node.value:
                yield from _one(name, key.value, below, value, faults)
        else:
            yield from _one(name, None, key, node, faults)


def _one(
    name: str, app: str | None, key: yaml.Node, node: yaml.Node, faults: list[str]
) -> Iterator[tuple[str | None, str, yaml.ScalarNode, str]]:
    place = _place(name, key)
    if not isinstance(key, yaml.ScalarNode) or not is_name(key.value):
        faults.append(f"{place}: this is not a name of an environment variable (letters, digits and _)")
    elif not isinstance(node, yaml.ScalarNode):
        faults.append(f"{place}: {key.value} must be one text" + (f" (below {app})" if app else ""))
    elif node.tag == NULL:
        faults.append(f'{place}: {key.value} has no value; an empty one is ""')
    elif node.tag not in _AS_WRITTEN and node.tag != TEXT:
        faults.append(f"{place}: the tag of {key.value} is not understood; text that begins with ! goes in quotes")
    else:
        yield app, key.value, node, place


def _place(name: str, node: yaml.Node) -> str:
    return f"{name}:{node.start_mark.line + 1}"


def _edited(text: str, app: str | None, key: str, value: str) -> str:
    """The text with that one place changed, where it is written one entry a line."""
    root = _document(text, "").root
    line = f"{key}: {_quoted(value)}"
    text = text if text.endswith("\n") or not text else f"{text}\n"
    home, margin = root, ""
    if app is not None:
        home = _below(root, app)
        if home is None:
            return f"{text}{app}:\n  {line}\n"
    if not isinstance(home, yaml.MappingNode) or home.flow_style or not home.value:
        return f"{text}{line}\n"
    margin = " " * home.value[0][0].start_mark.column
    old = _below(home, key)
    if old is not None:
        start, end = old.start_mark.index, old.end_mark.index
        ending = "\n" if text[start:end].endswith("\n") else ""
        return f"{text[:start]}{_quoted(value)}{ending}{text[end:]}"
    if app is None:
        return f"{text}{margin}{line}\n"
    before = text[: home.value[-1][1].end_mark.index]
    after = text[len(before) :]
    if not before.endswith("\n"):
        rest, _, after = after.partition("\n")  # a comment behind the last value
        before += f"{rest}\n"
    return f"{before}{margin}{line}\n{after}"


def _below(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if isinstance(key, yaml.ScalarNode) and key.value == name), None)


def _quoted(value: str) -> str:
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=2**31).rstrip("\n")


def _written(wanted: dict[tuple[str | None, str], str]) -> str:
    """All of it anew: what is for every app, then app by app."""
    apps = sorted({app for app, _ in wanted if app is not None})
    lines = [f"{key}: {_quoted(value)}" for (app, key), value in wanted.items() if app is None]
    for app in apps:
        lines += [f"{app}:", *(f"  {key}: {_quoted(value)}" for (own, key), value in wanted.items() if own == app)]
    return "".join(f"{line}\n" for line in lines)

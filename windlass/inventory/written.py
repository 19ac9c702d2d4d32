"""What a file has for a value that is no text to YAML: `0123` is 83 there, `1.10` is 1.1, and `yes` is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from windlass.inventory.prefix import variable_of
from windlass.inventory.references import REFERENCE
from windlass.settings.environment import as_text, fault_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.inventory.problems import Place
    from windlass.inventory.tree import Variable
    from windlass.inventory.values import Values, Way

_TWO_PAIRS = """, on the line of a host in two pairs: '"..."'"""


class Written(NamedTuple):
    """A value as it stands in a file: the text of the variable, or of what `way` leads to in it."""

    text: str
    variable: Variable
    way: Way

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.variable.place(self.way)

    @property
    def is_ini(self) -> bool:
        """Whether the file is not YAML."""
        return self.variable.document.root is None


def written(values: Values, name: str, way: Way) -> Written | None:
    """What stands for the value that `way` leads to, maybe behind templates that only name another variable.

    None = it is no scalar of a file, but comes from more of a template.
    """
    variable = values.raw[name]
    for end in range(len(way), -1, -1):
        text = variable.written(way[:end])
        if text is None:
            continue
        if reference := REFERENCE.fullmatch(text):
            other, *steps = reference[1].split(".")
            return written(values, other, (*steps, *way[end:])) if other in values.raw else None
        if end == len(way) and "{{" not in text and "{%" not in text:
            return Written(text, variable, way)
        break
    return None


def changed_env(apps: Any, values: Values) -> Iterator[tuple[Way, Place, str]]:
    """Variables of the apps' environments whose value would not be what a file has: the way, the place, and why."""
    for app, settings in apps.items() if isinstance(apps, dict) else []:
        env = settings.get("env") if isinstance(settings, dict) else None
        for name, value in env.items() if isinstance(env, dict) else []:
            text = as_text(value)
            if not isinstance(value, int) or text is None or fault_of_value(name, text):
                continue
            way = ("apps", app, "env", name)
            found = written(values, variable_of("apps", values.raw), way[1:])
            if found and found.text != text:
                instead = _instead(found, value, values)
                fault = f"the value of {name} would not reach the app as it is written: {instead}"
                yield way, found.place, f"{fault}{_TWO_PAIRS if found.is_ini else ''}"


def _instead(found: Written, value: int, values: Values) -> str:
    """What to write. A truth value of a variable that others read, too, must not become text, which is always true."""
    if not isinstance(value, bool):
        return "put it in quotes"
    own = found.variable is values.raw[variable_of("apps", values.raw)]
    return f"write {as_text(value)}{', or put it in quotes' if own else ''}"

"""A host's variables: merged, and rendered when read where they are Jinja2 templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from windlass.errors import InventoryError
from windlass.inventory.document import BITS, Unsafe
from windlass.inventory.problems import did_you_mean
from windlass.settings.environment import is_secret_at, is_secret_value

if TYPE_CHECKING:
    import jinja2
    import jinja2.sandbox

    from windlass.inventory.tree import Variable, Variables

Way = tuple[str | int, ...]

_LARGEST = 100_000  # characters or items of a product in a template
_REFERENCE = re.compile(r"\s*\{\{\s*[A-Za-z_][\w.]*\s*\}\}\s*", re.ASCII)


class RenderError(InventoryError):
    """A template in the inventory cannot be rendered; `fault` is the message without its place."""

    def __init__(self, variable: Variable, way: Way, fault: str) -> None:
        self.place = variable.place(way)
        self.fault = fault
        super().__init__(f"{self.place}: {fault}")


class Values(Mapping[str, Any]):
    """Variables by name, and what Ansible knows of a host (`inventory_hostname` ...); raises RenderError on reading.

    `raw` holds them as the files have them.
    """

    def __init__(self, raw: Variables, magic: Mapping[str, Any]) -> None:
        self.raw = raw
        self.magic = magic
        self._rendered: dict[str, tuple[Any, dict[Way, RenderError]]] = {}
        self._open: list[str] = []

    def __getitem__(self, name: str) -> Any:
        if name in self.magic:
            return self.magic[name]
        value, faults = self.attempt(name)
        for fault in faults.values():
            raise fault
        return value

    def __iter__(self) -> Iterator[str]:
        return iter({**self.raw, **self.magic})

    def __len__(self) -> int:
        return len({**self.raw, **self.magic})

    def __repr__(self) -> str:
        return f"<{len(self)} variables>"  # their values may be secret

    def attempt(self, name: str) -> tuple[Any, dict[Way, RenderError]]:
        """A variable with None for each template in it that cannot be rendered, and why, by the way to it."""
        variable = self.raw[name]
        if not self.is_template(name):
            return variable.value, {}
        if name not in self._rendered:
            if name in self._open:
                circle = " -> ".join([*self._open[self._open.index(name) :], name])
                raise RenderError(variable, (), f"variables refer to each other in a circle: {circle}")
            self._open.append(name)
            faults: dict[Way, RenderError] = {}
            try:
                self._rendered[name] = self._render(name, variable.value, (), faults), faults
            finally:
                self._open.pop()
        return self._rendered[name]

    def is_template(self, name: str) -> bool:
        """Whether a variable has a template in it."""
        return name in self.raw and _has_template(self.raw[name].value)

    def _render(self, name: str, value: Any, way: Way, faults: dict[Way, RenderError]) -> Any:
        if isinstance(value, dict):
            return {key: self._render(name, below, (*way, key), faults) for key, below in value.items()}
        if isinstance(value, list):
            return [self._render(name, below, (*way, place), faults) for place, below in enumerate(value)]
        if not _has_template(value):
            return value
        try:
            return self._text(name, value, way)
        except RenderError as error:
            faults[way] = error
            return None

    def _text(self, variable: str, text: str, way: Way) -> Any:
        """The value of a template: of one expression alone with its type, else text."""
        import jinja2

        try:
            template, names = _template(text)
            known = {name: self[name] for name in names if name in self}
            result = template.render(known)
            if not isinstance(result, str):
                str(result)  # raises where it is undefined, or has a number in it that is too long to be shown
            return result
        except RenderError:
            raise
        except jinja2.UndefinedError as error:
            near = [did_you_mean(name, self) for name in names if name not in self]
            raise self._fault(variable, way, text, f"{_plain(error)}{near[0] if near else ''}") from None
        except jinja2.TemplateSyntaxError as error:
            fault = f"not a template: {(error.message or '').rstrip('.')}"
            raise self._fault(variable, way, text, fault) from None
        except Exception as error:  # a template may call anything on its values
            fault = f"cannot be rendered: {str(error).rstrip('.')}"
            raise self._fault(variable, way, text, fault) from None

    def _fault(self, name: str, way: Way, text: str, fault: str) -> RenderError:
        """The error for a text, which is shown unless it may be a secret."""
        if not is_secret_at((name, *way)) and not is_secret_value(text):
            fault = f"{fault} in {text!r}"
        elif not _REFERENCE.fullmatch(text):  # of a secret, whose words the fault may quote
            dotted = ".".join(map(str, (name, *way)))
            fault = f"{dotted} is not a template, or a wrong one; mark text that is none: !unsafe '...'"
        return RenderError(self.raw[name], way, fault)


class HostVariables(Mapping[str, Values]):
    """Ansible's `hostvars`: the variables of every host by its name, looked up on demand."""

    def __init__(self, names: Collection[str], values_of: Callable[[str], Values]) -> None:
        self._names = names
        self._values_of = values_of

    def __getitem__(self, name: str) -> Values:
        if name not in self._names:
            raise KeyError(name)
        return self._values_of(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _plain(error: jinja2.UndefinedError) -> str:
    """What Jinja2 says, without the names of our classes."""
    message = error.message or ""
    for kind, name in ((HostVariables, "hostvars"), (Values, "the host")):
        message = message.replace(f"'{kind.__module__}.{kind.__name__} object'", name)
    return message


def _has_template(value: Any) -> bool:
    if isinstance(value, str):
        return ("{{" in value or "{%" in value) and not isinstance(value, Unsafe)
    if isinstance(value, dict):
        return any(map(_has_template, value.values()))
    return isinstance(value, list) and any(map(_has_template, value))


def _check_product(operator: str, left: Any, right: Any) -> None:
    """Raises OverflowError for what would take all memory, or for ever."""
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * max(right, 0) if operator == "**" else left.bit_length() + right.bit_length()
        if bits > BITS and abs(left) > 1:
            raise OverflowError(f"a number of more than {BITS:,} bits")
    for times, repeated in ((left, right), (right, left)):
        if isinstance(times, int) and _size(repeated) * times > _LARGEST:
            raise OverflowError(f"more than {_LARGEST:,} characters or items")


def _size(value: Any) -> int:
    """Characters and items, also of what is inside; 0 for what is no sequence."""
    if isinstance(value, list | tuple):
        return len(value) + sum(map(_size, value))
    return len(value) if isinstance(value, str | bytes) else 0


@cache
def _template(text: str) -> tuple[jinja2.Template, list[str]]:
    """A compiled template, and the names it looks up; many hosts share one."""
    from jinja2.meta import find_undeclared_variables

    sandbox = _sandbox()
    return sandbox.from_string(text), sorted(find_undeclared_variables(sandbox.parse(text)))


@cache
def _sandbox() -> jinja2.sandbox.SandboxedEnvironment:
    # Imported here: most inventories have no template, and Jinja2 takes some 50 ms.
    import jinja2
    from jinja2.nativetypes import NativeCodeGenerator
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        """Keeps the type of `{{ expression }}` that stands alone, and text as text: "0123" stays so."""

        code_generator_class = NativeCodeGenerator
        intercepted_binops = frozenset({"*", "**"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            _check_product(operator, left, right)
            return super().call_binop(context, operator, left, right)

        @staticmethod
        def concat(parts: Any) -> Any:
            values = list(parts)
            return values[0] if len(values) == 1 else "".join(map(str, values))

    return Sandbox(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)

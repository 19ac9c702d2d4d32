"""A host's variables: merged, and rendered when read where they are Jinja2 templates."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from windlass.errors import InventoryError
from windlass.inventory.host_variables import HostVariables
from windlass.inventory.prefix import variable_of
from windlass.inventory.problems import did_you_mean
from windlass.inventory.references import REFERENCE, has_template, templates_in
from windlass.inventory.vault import Vaulted, holds_vaulted, vaulted_in
from windlass.settings.environment import is_secret_at, is_secret_value, secret_in
from windlass.settings.secret_names import is_secret

if TYPE_CHECKING:
    import jinja2

    from windlass.inventory.template import Template
    from windlass.inventory.tree import Variable, Variables

Way = tuple[str | int, ...]

# What Jinja2 did not find, at the end of its message.
_NOT_FOUND = re.compile(r"(?:^|has no attribute )'([^']*)'(?: is undefined)?$")
# One thread at a time renders, so that what is open is of that one; the same one may be in the middle of another value.
_rendering = threading.RLock()
_chain: list[str] = []  # the variables that are being rendered, of whichever hosts, each read by the one before
SHORTEST = 4  # characters of a text that is looked for
LONGEST_CHAIN = 30  # well within what the interpreter's stack takes, whatever the templates read the next one with


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

    __slots__ = ("_known", "_magic", "_open", "_rendered", "raw")

    def __init__(self, raw: Variables, magic: Callable[[], Mapping[str, Any]]) -> None:
        self.raw = raw
        self._magic = magic
        self._known: Mapping[str, Any] | None = None
        # Of thousands of hosts, hardly any has templates.
        self._rendered: dict[str, tuple[Any, dict[Way, RenderError]]] | None = None
        self._open: tuple[str, ...] = ()

    @property
    def magic(self) -> Mapping[str, Any]:
        """What Ansible knows of a host, put together when it is first asked for."""
        if self._known is None:
            self._known = self._magic()
        return self._known

    def __getitem__(self, name: str) -> Any:
        if name in self.magic:
            return self.magic[name]
        value, faults = self.attempt(name)
        for fault in faults.values():
            raise fault
        return value

    def __contains__(self, name: object) -> bool:
        return name in self.magic or name in self.raw

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
        with _rendering:
            if self._rendered is None:
                self._rendered = {}
            if name not in self._rendered:
                self._rendered[name] = self._opened(name, variable)
            return self._rendered[name]

    def _opened(self, name: str, variable: Variable) -> tuple[Any, dict[Way, RenderError]]:
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            raise RenderError(variable, (), f"variables refer to each other in a circle: {circle}")
        if len(_chain) == LONGEST_CHAIN:
            chain = f"{_chain[0]} -> {_chain[1]} -> ... -> {name}"
            fault = f"more than {LONGEST_CHAIN} variables that each read the next: {chain}; set one to its plain value"
            raise RenderError(variable, (), fault)
        before, self._open = self._open, (*self._open, name)
        _chain.append(name)
        faults: dict[Way, RenderError] = {}
        try:
            return self._render(name, variable.value, (), faults), faults
        finally:
            self._open = before
            _chain.pop()

    def is_template(self, name: str) -> bool:
        """Whether a variable has a template in it."""
        return name in self.raw and has_template(self.raw[name].value)

    def _render(self, name: str, value: Any, way: Way, faults: dict[Way, RenderError]) -> Any:
        if isinstance(value, dict):
            return {key: self._render(name, below, (*way, key), faults) for key, below in value.items()}
        if isinstance(value, list):
            return [self._render(name, below, (*way, place), faults) for place, below in enumerate(value)]
        if not has_template(value):
            return value
        try:
            return self._text(name, value, way)
        except RenderError as error:
            faults[way] = error
            return None

    def from_vault(self, name: str, way: Way = ()) -> bool:
        """Whether what `way` leads to comes from Ansible's vault, by itself or by what its templates read."""
        value = self._at(name, way)
        return self.raw[name].document.from_vault or holds_vaulted(value) or self._reads_vault(*templates_in(value))

    def sealed_texts(self) -> frozenset[str]:
        """The texts that come from Ansible's vault, but for those so short that they stand anywhere."""
        found = (text.strip() for variable in self.raw.values() for text in vaulted_in(variable.value))
        return frozenset(text for text in found if len(text) >= SHORTEST)

    def env_from_vault(self, app: str, variable: str) -> bool:
        """The same of a variable of an app's environment."""
        return self.from_vault(variable_of("apps", self.raw), (app, "env", variable))

    def may_be_secret(self, name: str, way: Way = ()) -> bool:
        """Whether the names on the way say that there is a secret, or a value there, or what its templates read."""
        value = self._at(name, way)
        if is_secret_at((name, *way)) or secret_in((name, *map(str, way)), value) or self.from_vault(name, way):
            return True
        return self._reads_secret(*templates_in(value))

    def _at(self, name: str, way: Way) -> Any:
        """What `way` leads to in a variable, as its file has it."""
        value: Any = self.raw[name].value
        for step in way:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                break  # a template, of which it is not known what comes from where
        return value

    def _reads_secret(self, *texts: str) -> bool:
        return any(
            word == "hostvars" or is_secret(word) or (word in self.raw and secret_in((word,), self.raw[word].value))
            for word in self._words_read(*texts)
        )

    def _reads_vault(self, *texts: str) -> bool:
        return any(word in self.raw and self.raw[word].from_vault for word in self._words_read(*texts))

    def _words_read(self, *texts: str) -> Iterator[str]:
        """The words of templates, and of those in the variables that they read."""
        from windlass.inventory.template import words_in

        waiting, seen = list(texts), set[str]()
        while waiting:
            fresh = words_in(waiting.pop()) - seen
            seen |= fresh
            yield from fresh
            for word in fresh & self.raw.keys():
                waiting += templates_in(self.raw[word].value)

    def _text(self, variable: str, text: str, way: Way) -> Any:
        """The value of a template: of one expression alone with its type, else text."""
        # Imported here: most inventories have no template, and Jinja2 takes some 50 ms.
        import jinja2

        from windlass.inventory.template import template

        told = False  # whether the fault says nothing but what stands in the template
        try:
            made = self._made(text, template(text))
            return Vaulted(made) if isinstance(made, str) and self._reads_vault(text) else made
        except RenderError:
            raise
        except jinja2.UndefinedError as error:
            fault = _plain(error)
            name = _NOT_FOUND.search(fault)
            told = name is not None and name[1] in template(text).words
            if name and told and fault.endswith("is undefined"):
                fault += did_you_mean(name[1], self)
        except jinja2.TemplateSyntaxError as error:
            fault = f"not a template: {(error.message or '').rstrip('.')}"
        except RecursionError:
            fault = "cannot be rendered: nested too deeply"
        except Exception as error:  # a template may call anything on its values
            fault = f"cannot be rendered: {str(error).rstrip('.')}"
        of_secret = self._reads_vault(text) or (not REFERENCE.fullmatch(text) and self._reads_secret(text))
        if isinstance(text, Vaulted) or (of_secret and not told):
            fault = "cannot be rendered, and why is not shown, as a secret may be in it"
        raise self._fault(variable, way, text, fault) from None

    def _made(self, text: str, template: Template) -> Any:
        values = {name: self[name] for name in template.names if name in self}
        if not template.is_of_all:
            return template.render(values)
        shared = self.magic["hostvars"].shared
        if text not in shared:
            try:
                shared[text] = template.render(values), None
            except RenderError:  # names what it is in the middle of
                raise
            except Exception as error:
                shared[text] = None, error
        value, fault = shared[text]
        if fault:
            raise fault.with_traceback(None)
        return value

    def _fault(self, name: str, way: Way, text: str, fault: str) -> RenderError:
        """The error for a text, which is shown unless it may be a secret."""
        if not is_secret_at((name, *way)) and not is_secret_value(text) and not isinstance(text, Vaulted):
            fault = f"{fault} in {text!r}"
        elif not REFERENCE.fullmatch(text):  # of a secret, whose words the fault may quote
            dotted = ".".join(map(str, (name, *way)))
            fault = f"{dotted} is not a template, or a wrong one; mark text that is none: !unsafe '...'"
        return RenderError(self.raw[name], way, fault)


def _plain(error: jinja2.UndefinedError) -> str:
    """What Jinja2 says, without the names of our classes."""
    message = error.message or ""
    for kind, name in ((HostVariables, "hostvars"), (Values, "the host")):
        message = message.replace(f"'{kind.__module__}.{kind.__name__} object'", name)
    return message

"""Whatever lies in `inventory/`: a clear error or an inventory, never a traceback, never a hang."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from windlass.errors import InventoryError
from windlass.inventory import load
from windlass.inventory.connection import SYNONYMS, Connection
from windlass.inventory.listing import graph, listing
from windlass.settings import AppSettings, Gunicorn, Nginx, Settings, Tls

CORPUS = [path.read_text() for path in sorted(Path(__file__).parent.glob("corpus/*/*.*ml"))]
PLACE = re.compile(r"inventory/\S+?(:\d+(:\d+)?)?: \S")


def check(text: str, name: str = "hosts.yml") -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "inventory", name)
        path.parent.mkdir()
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        error = None
        try:
            inventory = load(path.parent)
            json.dumps(listing(inventory), default=str)
            graph(inventory.tree)
        except InventoryError as raised:
            error = raised
        assert error is None or all(PLACE.match(line) for line in str(error).split("\n")), error


@given(text=st.text(), name=st.sampled_from(["hosts.yml", "hosts", "hosts.ini", "group_vars/all"]))
@example(text="\0", name="hosts.yml")
@example(text="\ud800", name="hosts.yml")
@example(text="[a]\nb c='", name="hosts.ini")
def test_any_text(text: str, name: str) -> None:
    check(text, name.replace("group_vars/", ""))


PIECES = [*":-?[]{}&*!|>'\"%@#,\t\n", "<<", "{{", "{%"]


@st.composite
def mutilated(draw: st.DrawFn) -> str:
    """An inventory of the corpus with pieces cut out, doubled and replaced."""
    text = draw(st.sampled_from(CORPUS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 20)))
        piece = draw(st.sampled_from(["", text[start:end] * 2, *PIECES]))
        text = text[:start] + piece + text[end:]
    return text


@given(text=mutilated(), name=st.sampled_from(["hosts.yml", "hosts.ini", "hosts"]))
def test_damaged_inventories(text: str, name: str) -> None:
    check(text, name)


words = st.sampled_from(
    [
        "",
        "a",
        "x: y",
        "{{ a }}",
        "{{ b",
        "{{ 1/0 }}",
        "{{ timezone }}",
        "UTC",
        "512M",
        "a\nb",
        "é",
        "-",
        "off",
        "1.2.3.4",
    ]
)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | words | st.text(max_size=5)
)
known = [
    *Settings.model_fields,
    *AppSettings.model_fields,
    *Tls.model_fields,
    *Gunicorn.model_fields,
    *Nginx.model_fields,
]
keys = st.sampled_from([*known, *Connection.model_fields, *SYNONYMS]) | st.text(max_size=4) | st.integers() | st.none()
trees = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=4), max_leaves=12
)
apps = st.dictionaries(
    words, st.dictionaries(st.sampled_from(list(AppSettings.model_fields)), trees, max_size=6) | trees, max_size=2
)
variables = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(Settings.model_fields, trees),
        "apps": apps,
        **dict.fromkeys(Connection.model_fields, trees),
    },
)


@given(variables=variables)
def test_any_settings(variables: dict[str, Any]) -> None:
    check(yaml.safe_dump({"all": {"hosts": {"h": None}, "vars": variables}}, allow_unicode=True))


@given(tree=trees)
def test_any_structure(tree: Any) -> None:
    check(yaml.safe_dump(tree, allow_unicode=True))


@st.composite
def anchored(draw: st.DrawFn) -> str:
    """Mappings and lists with anchors, and aliases of what is before them, or around them."""
    anchors: list[str] = []

    def node(depth: int, kinds: str) -> str:
        kind = draw(st.sampled_from(kinds if depth < 5 else "1"))
        if kind == "*":
            return f"*{draw(st.sampled_from(anchors))} "
        if kind == "1":
            return "1"
        anchors.append(f"a{len(anchors)}")
        anchor = anchors[-1]
        below = [node(depth + 1, "{[*1") for _ in range(draw(st.integers(1, 3)))]
        if kind == "[":
            return f"&{anchor} [{', '.join(below)}]"
        names = st.sampled_from(["all", "hosts", "children", "vars", "h", "apps", "shop", "env", "<<"])
        return f"&{anchor} {{{', '.join(f'{draw(names)}: {each}' for each in below)}}}"

    return node(0, "{")


@given(text=anchored())
@example(text="all: &a {hosts: {h: {x: *a}}}")
def test_any_aliases(text: str) -> None:
    check(text)


LAUGHS = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" if n else "l0: &l0 [lol]" for n in range(12))


@pytest.mark.parametrize(
    "text",
    [
        "all:\n  vars:\n" + "".join(f"    {line}\n" for line in LAUGHS.splitlines()) + "  hosts: {h: }\n",
        "a: &a\n  vars: {x: &x [*x]}\n  hosts: {h: }\n",
        "a: &a\n  children: {b: *a}\n",
        "a: &a {hosts: {h: &h {<<: *h}}}\n",
        "g: &g0 {hosts: {h: }}\n" + "".join(f"g{n}: &g{n} {{children: {{g: *g{n - 1}}}}}\n" for n in range(1, 1500)),
        "all: {hosts: {h: {l0: &l0 {}," + ",".join(f"l{n}: &l{n} {{<<: *l{n - 1}}}" for n in range(1, 1500)) + "}}}",
        "[" * 100_000 + "]" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "{a: " * 50_000,
        "".join(f"{' ' * n}a:\n" for n in range(3000)),
        "a: {hosts: {'h[1:999999999]': }}",
        "a: {hosts: {'h[1:9999][1:9999]': }}",
        "all: {hosts: {h: {apps: '{{ range(10**9)|list }}'}}}",
        *(
            f"all: {{hosts: {{h: {{ansible_port: '{{{{ {expression} }}}}'}}}}}}"
            for expression in (
                "9**(9**9)",
                "9**9**9**9",
                "2**5000",
                "2**4000*2**4000",
                '"x" * 10**9',
                '10**9 * "x"',
                "[0] * 10**9",
                '[["x" * 10**5] * 10**4] * 10',
                f"0x{'F' * 4000}",
                f"[0x{'F' * 4000}]",
            )
        ),
        f"all: {{hosts: {{h: {{ansible_port: 0x{'F' * 4000}}}}}}}",
        f"all: {{hosts: {{h: {{own: [{'9' * 5000}]}}}}}}",
        "all: {hosts: {h: {timezone: '{{ timezone }}'}}}",
        "all: {hosts: {h: {timezone: '{{ x }}', x: '{{ y }}', y: '{{ x }}'}}}",
        "all: {hosts: {h: {timezone: \"{{ ''.__class__.__mro__[1].__subclasses__() }}\"}}}",
    ],
    ids=range(29),
)
def test_attacks_are_refused_quickly(text: str, tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/hosts.yml").write_text(text)
    with pytest.raises(InventoryError, match=r"^inventory/hosts.yml:\d+"):
        load(tmp_path / "inventory")

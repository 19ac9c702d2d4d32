"""Ansible's own reading of an inventory is the truth: groups, merged variables and patterns must come out equal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.inventory.conftest import environment
from windlass.errors import InventoryError, UsageError
from windlass.inventory import load
from windlass.inventory.inventory import Inventory
from windlass.inventory.listing import listing

if TYPE_CHECKING:
    from tests.inventory.conftest import Ask

CORPUS = sorted(path for path in (Path(__file__).parent / "corpus").iterdir() if path.is_dir())


def ours(inventory: Inventory) -> dict[str, Any]:
    """Our reading in the shape of ansible_listing.py's."""
    hosts = {
        name: {key: variable.value for key, variable in inventory.variables_of(name).items()}
        for name in inventory.hosts
    }
    groups = {name: sorted(members) for name, members in inventory.tree.members.items()}
    return json.loads(json.dumps({"groups": groups, "hosts": hosts}, default=str))


@pytest.mark.parametrize("folder", CORPUS, ids=lambda path: path.name)
def test_corpus_as_ansible_inventory_lists_it(folder: Path, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "ansible-inventory"), "--inventory", str(folder), "--list"]
    run = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=True, timeout=60)
    theirs = json.loads(run.stdout, object_hook=lambda found: found.get("__ansible_unsafe", found))
    inventory = load(folder)
    found = json.loads(json.dumps(listing(inventory), default=lambda moment: moment.isoformat()))
    assert found["_meta"]["hostvars"] == theirs["_meta"]["hostvars"]
    for part in ("hosts", "children"):
        assert members(found, part) == members(theirs, part)


def members(listing: dict[str, Any], part: str) -> dict[str, list[str]]:
    return {name: sorted(group[part]) for name, group in listing.items() if name != "_meta" and part in group}


@pytest.mark.parametrize(
    "pattern",
    [
        *("all", "*", "web", "web:db", "web,db", "all:!web", "all:&web", "!web", "&web", "web:!web2", "web:&web3"),
        *("web*", "*1", "~web[12]", "~(web|db)", "~^.*1$", "we?", "web[0]", "web[-1]", "web[0:1]", "web[1:]", "all[2]"),
        *("web1:db1", "db:web1:!db", "everything", "web1,!web1,web2", "all:!w*", "web1:web", "db*:web3"),
    ],
)
def test_patterns_as_ansible_matches_them(ask: Ask, pattern: str) -> None:
    folder = CORPUS[0].parent / "folder"
    assert [host.name for host in load(folder).select([pattern])] == ask(folder, [pattern])["matches"][pattern]


NAMES = [f"g{number}" for number in range(6)]
HOSTS = ["h1", "h2", "h[1:3]", "k", "k:2200", "m[a:b]", "h[01:07:3]", "ü[a:g:3]:22"]
HOSTS += ["::1", "2001:db8::1:22", "[2001:db8::1]:22", "2001:db8::[1:2]", "2001:db8::f[a:b]", "fe80::1%eth0"]
values = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["x", "1", "{{ y }}"])
values |= st.lists(values, max_size=2) | st.dictionaries(st.sampled_from("xyz"), values, max_size=2)
variables = st.dictionaries(st.sampled_from(["v", "w", "x"]), values, max_size=3)
hosts = st.dictionaries(st.sampled_from(HOSTS), st.none() | variables, max_size=3)


@st.composite
def groups(draw: st.DrawFn, below: int = -1, depth: int = 0) -> dict[str, Any]:
    """Groups by name; those inside have a higher number, so that there is no circle."""
    found: dict[str, Any] = {}
    names = NAMES[below + 1 :] if depth else [*NAMES, "all", "ungrouped"]
    for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else []:
        body: dict[str, Any] = {}
        if draw(st.booleans()):
            body["vars"] = draw(variables)
            if draw(st.booleans()):
                body["vars"]["ansible_group_priority"] = draw(st.integers(0, 3))
        if draw(st.booleans()):
            body["hosts"] = draw(hosts)
        if depth < 3 and name != "ungrouped" and draw(st.booleans()):
            body["children"] = draw(groups(NAMES.index(name) if name in NAMES else -1, depth + 1))
        found[name] = body or None
    return found


SOURCES = ["a.yml", "b.yaml", "c/d.yml", "B.json", "9.yml", "10.yml", "ignored.retry"]
files = st.dictionaries(st.sampled_from(SOURCES), groups(), min_size=1, max_size=4)
# A name has either files, of which one counts, or a folder, in which all do.
one_file = st.dictionaries(st.sampled_from(["", ".yml", ".yaml", ".json", ".txt"]), variables, max_size=2)
in_folder = st.dictionaries(
    st.sampled_from(["/b.yml", "/a", "/sub/c.json", "/A.yaml", "/.hidden.yml", "/x.txt", "/no.d/x.yml"]), variables
)
group_files = st.dictionaries(st.sampled_from([*NAMES, "all", "ungrouped"]), one_file | in_folder, max_size=3)
host_files = st.dictionaries(st.sampled_from(["h1", "h2", "k", "ma", "h04", "üd"]), one_file | in_folder, max_size=2)
PATTERNS = ["all", "g0", "g1:g2", "all:!g1", "all:&g2", "g*", "h*", "~[gh][12]", "ungrouped", "h1", "all:!h1"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=files, group_files=group_files, host_files=host_files)
def test_generated_inventories(
    ask: Ask, files: dict[str, Any], group_files: dict[str, Any], host_files: dict[str, Any]
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "inventory"
        for path, content in files.items():
            write(folder / path, content or {"all": None})
        for kind, of_names in (("group_vars", group_files), ("host_vars", host_files)):
            for owner, layout in of_names.items():
                for path, content in layout.items():
                    write(folder / f"{kind}/{owner}{path}", content)
        inventory = load(folder)
        theirs = ask(folder, PATTERNS)
        matches = theirs.pop("matches")
        assert ours(inventory) == theirs
        for pattern in PATTERNS:
            assert selected(inventory, pattern) in (None, set(matches[pattern])), pattern


ini_values = st.sampled_from(
    [
        "5",
        "'5'",
        '"5"',
        "0755",
        "True",
        "true",
        "None",
        "[1, 'a']",
        "{'a': (1, 2)}",
        "x#y",
        "x # y",
        "a=b",
        "",
        "1.50",
        "é",
        "...",
    ]
)
ini_settings = st.builds("{}={}".format, st.sampled_from(["v", "w", "ansible_group_priority"]), ini_values)
ini_host = st.builds(
    "{} {}".format, st.sampled_from(HOSTS), st.sampled_from(["", "v=1", 'v="a b" w=c', "v='[1, 2]'  # x", "w=\"'5'\""])
)
ini_lines = {
    "": ini_host,
    ":vars": ini_settings.filter(lambda line: not line.startswith("ansible") or line.endswith("=5")),
    ":children": st.sampled_from(NAMES),
}
ini_sections = st.sampled_from(list(ini_lines)).flatmap(
    lambda kind: st.builds(
        lambda name, lines: "\n".join([f"[{name}{kind}]", *lines]),
        st.sampled_from([*NAMES, "all", "ungrouped"]) if kind != ":children" else st.sampled_from(NAMES),
        st.lists(ini_lines[kind], max_size=3),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(top=st.lists(ini_host, max_size=2), sections=st.lists(ini_sections, max_size=6))
def test_generated_ini_inventories(ask: Ask, top: list[str], sections: list[str]) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "inventory/hosts"
        path.parent.mkdir()
        path.write_text("\n".join([*top, *sections, "[last]", "end"]) + "\n")
        try:
            inventory = load(path.parent)
        except InventoryError:
            reject()  # an undefined group or a circle; Ansible then leaves out half of the file with a warning
        theirs = ask(path.parent, [])
        del theirs["matches"]
        assert ours(inventory) == theirs


def selected(inventory: Inventory, pattern: str) -> set[str] | None:
    """The hosts of a pattern; None where a name is unknown, which is our error and Ansible's warning."""
    try:
        return {host.name for host in inventory.select([pattern])}
    except UsageError as error:
        return None if "unknown" in str(error) or "matches '~" in str(error) else set()


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))

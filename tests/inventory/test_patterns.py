"""Host patterns: generated ones mean what they mean to Ansible, in the same order; and what is told beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.projects import inventory
from windlass.errors import UsageError
from windlass.inventory import load
from windlass.inventory.host_file import FAILED, note_failed

if TYPE_CHECKING:
    from tests.inventory.conftest import Ask

HOSTS = ["web1", "web2", "web10", "db1", "db-2", "solo", "1", "22", "a.example.com", "b.example.com", "2001:db8::5"]
HOSTS += ["::1", "g1", "fe80::1"]
GROUPS = ["web", "db", "eu", "g1", "g2", "g.3"]
EXACT = [*HOSTS, *GROUPS, "all", "ungrouped", "*"]
PLAIN = [*EXACT, "web*", "*1", "*.example.com", "we?[0-9]", "[dw]*", "g*", "*::*", "un*", "g?", "g.*"]
REGEX = ["~web.*", "~.*", "~(web|db)", "~web[12]", "~^.*1$", "~g[0-9]+", r"~\d", "~.*(?<!1)$", "~a|b"]
SUBSCRIPTS = [
    "[0]",
    "[1]",
    "[-1]",
    "[-2]",
    "[0:1]",
    "[1:]",
    "[0-2]",
    "[1-]",
    "[1:0]",
    "[2:1]",
    "[0:-1]",
    "[:1]",
    "[a:b]",
]
PORTS = [":22", ":1", ":[1:2]", "::1"]
subscripted = st.builds("{}{}".format, st.sampled_from(PLAIN), st.sampled_from(SUBSCRIPTS))
part = st.sampled_from(PLAIN) | st.sampled_from(REGEX) | subscripted
part |= st.builds("{}{}".format, st.sampled_from(HOSTS), st.sampled_from(PORTS))
parts = st.lists(st.builds("{}{}".format, st.sampled_from(["", "", "", "!", "&"]), part), min_size=1, max_size=4)
pattern = st.builds(lambda separator, found: separator.join(found), st.sampled_from([",", ":", ", ", " "]), parts)
pattern |= st.text("abdegw12!&~*[]:,. -", max_size=12)

members = st.lists(st.sampled_from(HOSTS), max_size=5, unique=True)


@st.composite
def trees(draw: st.DrawFn, *, nested: bool) -> str:
    """Lines of an INI inventory, whose groups hold only those that come behind them."""
    lines = draw(members)
    for place, group in enumerate(GROUPS):
        lines += [f"[{group}]", *draw(members), f"[{group}:children]"]
        below = GROUPS[place + 1 :]
        lines += draw(st.lists(st.sampled_from(below), max_size=2, unique=True)) if nested and below else []
    return "\n".join(lines) + "\n"


def check(ask: Ask, project: Path, tree: str, patterns: list[str], kind: type[list[str] | set[str]]) -> None:
    """That patterns mean the same hosts."""
    folder = project / "inventory"
    folder.mkdir(exist_ok=True)
    (folder / "hosts").write_text(tree)
    found = load(folder)
    matches = ask(folder, patterns)["matches"]
    for each in patterns:
        theirs = matches[each]
        try:
            ours = [host.name for host in found.select([each])]
        except UsageError as error:
            # Else Ansible warns and goes on with what is left, or breaks off.
            if "no host matches" in str(error):
                assert theirs in ([], None), each
            continue
        assert kind(ours) == kind(theirs), each


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(tree=trees(nested=False), patterns=st.lists(pattern, min_size=8, max_size=8))
def test_generated_patterns(ask: Ask, tmp_path: Path, tree: str, patterns: list[str]) -> None:
    check(ask, tmp_path, tree, patterns, list)


# In which order Ansible has the hosts of groups in groups is left to the hashes of their names.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(tree=trees(nested=True), patterns=st.lists(pattern.filter(lambda text: "[" not in text), min_size=8, max_size=8))
def test_generated_patterns_in_nested_groups(
    ask: Ask,
    tmp_path: Path,
    tree: str,
    patterns: list[str],
) -> None:
    check(ask, tmp_path, tree, patterns, set)


WEB = "web: {hosts: {'web[1:3]': }}\nsolo: {hosts: {solo: }}\ndb: {hosts: {db1: , db2: }}"


def names(tmp_path: Path, *patterns: str, told: list[str] | None = None) -> list[str]:
    tell = [].append if told is None else told.append
    return [host.name for host in inventory(tmp_path, WEB).select(patterns, tell=tell)]


def test_a_regular_expression_ends_at_a_comma_or_colon(tmp_path: Path) -> None:
    assert names(tmp_path, "!~web.*,!solo") == ["db1", "db2"]
    assert names(tmp_path, "~web.*:!web2") == ["web1", "web3"]
    assert names(tmp_path, "~web[0-9]+,solo") == ["web1", "web2", "web3", "solo"]


def test_subscripts(tmp_path: Path) -> None:
    assert names(tmp_path, "web[0-1]") == ["web1", "web2"]
    assert names(tmp_path, "web[1:]:solo") == ["web2", "web3", "solo"]
    assert names(tmp_path, "web[-1]") == ["web3"]
    assert names(tmp_path, "all:!web[0]:!db[1:]") == ["web2", "web3", "solo", "db1"]


def test_an_exclusion_that_matches_nothing_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    assert names(tmp_path, "web,!~wbe.*,!x*", told=told) == ["web1", "web2", "web3"]
    assert told == [f"{part!r} matches no host and no group: it leaves out nobody" for part in ("!~wbe.*", "!x*")]


def test_an_exclusion_of_an_empty_group_or_of_others_is_no_mistake(tmp_path: Path) -> None:
    told: list[str] = []
    found = inventory(tmp_path, f"{WEB}\nempty_one: ")
    assert len(found.select(["web,!empty*,!db*"], tell=told.append)) == 3
    assert told == []


MISTAKES = {
    "all,!": "'!' in 'all,!' has nothing behind it\n  Name a host or group.",
    "all,!~": "'!~' in 'all,!~' has nothing behind it\n  Name a host or group.",
    "web1:22": "unknown host or group 'web1:22'\n  a port goes into ansible_port",
    "web:!db,solo": (
        "unknown host or group 'web:!db'\n  where there is a comma, a colon separates nothing: write commas only"
    ),
    "web:!~db.*,solo": (
        "no host or group matches 'web:!~db.*'\n  where there is a comma, a colon separates nothing: write commas only"
    ),
    "@": "'@' has no file behind it\n  Write @FILE, or @failed.",
    "@nothing": "'@nothing' cannot be read: No such file or directory",
    "@empty": "'@empty' has no pattern in it\n  Write a host, a group or a pattern on each line.",
    "@latin": "'@latin' cannot be read: this is not UTF-8 text",
    "@failed": "'@failed': no run has been noted yet\n  ./deploy.py provision all is one",
    "web,!@two": "unknown host or group '@two'\n  ./deploy.py inventory shows what there is",
}


@pytest.mark.parametrize("wrong", MISTAKES)
def test_mistakes(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("\n# nobody\n\n")
    (tmp_path / "latin").write_bytes(b"\xfc\n")
    with pytest.raises(UsageError) as raised:
        names(tmp_path, wrong)
    assert str(raised.value) == MISTAKES[wrong]


def test_files_of_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some").write_text("# this week\n\n web1 \ndb*\n!db2\n")
    assert names(tmp_path, "@some") == ["web1", "db1"]
    assert names(tmp_path, "@some,solo") == ["web1", "db1", "solo"]
    assert names(tmp_path, f"@{tmp_path}/some,&db") == ["db1"]


def test_the_hosts_that_the_last_run_failed_on(tmp_path: Path) -> None:
    note_failed(tmp_path, ["web2", "solo"])
    assert names(tmp_path, "@failed") == ["web2", "solo"]
    note_failed(tmp_path, [])
    assert (tmp_path / FAILED).read_text() == ""
    assert [path.name for path in (tmp_path / FAILED).parent.iterdir()] == ["failed"]
    with pytest.raises(UsageError) as raised:
        names(tmp_path, "@failed")
    assert str(raised.value) == "'@failed': the last run failed on no host\n  Leave @failed out."

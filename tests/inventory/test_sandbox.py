"""What templates in values may do; and that none of them takes long, or much memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.lab.commands import ROOT
from tests.projects import errors, inventory, project

MEMORY = 1536 * 2**20  # bytes of address space; each of the bombs is of some gigabytes, or takes hours
MUCH = "cannot be rendered: more than 100,000 characters or items"
LONG = "cannot be rendered: more than 2,000,000 characters or items on the way to the value"
STATEMENT = "cannot be rendered: a value may have expressions, filters and `if`, no other statement"
WIDE = "cannot be rendered: a width of more than 999 characters"
BOMBS = {
    "{{ 'a' * 10**9 }}": LONG,
    "{{ [1] * 10**9 }}": LONG,
    "{{ 2 ** 1000000000 }}": "cannot be rendered: a number of more than 4,096 bits",
    "{{ '%999999999d' % 1 }}": WIDE,
    "{{ '%*d' % (999999999, 1) }}": WIDE,
    "{{ '%(n)999999999d' % {'n': 1} }}": WIDE,
    "{{ '%(a(b)c)999999999d' % {'a(b)c': 1} }}": WIDE,
    "{{ '%.999999999f' | format(1) }}": WIDE,
    "{{ ('%(n)s' * 9000) % {'n': big} }}": LONG,
    "{{ 'a'.center(10**9) }}": "cannot be rendered: there is no method 'center' here; there are ",
    "{{ ('abc' | map(attribute='center') | first)(10**9) }}": "cannot be rendered: there is no method 'center' here",
    "{{ '{:999999999d}'.format(1) }}": "cannot be rendered: there is no method 'format' here; there are ",
    "{{ 'a' | center(10**9) }}": "cannot be rendered: there is no filter 'center' here; there are abs",
    "{{ big | map('center', 10**9) | list }}": "cannot be rendered: there is no filter 'center' here; there are abs",
    "{{ range(10**9) | list }}": "'range' is undefined",
    "{{ lipsum(10**9) }}": "'lipsum' is undefined",
    "{{ 5 | round(-10**9) }}": "cannot be rendered: more than 999 digits",
    "{% for a in big %}{% for b in big %}{% for c in big %}{% endfor %}{% endfor %}{% endfor %}": (
        f"{STATEMENT}; a filter does what a loop is for: groups.web | map("
    ),
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}": STATEMENT,
    "{% set a = 1 %}": STATEMENT,
    "{{ big | replace('a', big) }}": LONG,
    "{{ big.replace('a', big) }}": LONG,
    "{{ big | join(big) }}": LONG,
    "{{ big.join(big) }}": LONG,
    "{{ big | map('replace', 'a', big) | list | length }}": LONG,
    "{{ many | select('in', many) | list | length }}": LONG,
    "{{ many | map('default', many) | list | length }}": LONG,
    "{{ [1] | tojson(indent=300000000) }}": "cannot be rendered: tojson takes no indent here",
    "{{ big | map('extract', {'a': many}) | sum(start=[]) | length }}": LONG,
    "{{ big | sum(start=[]) }}": "cannot be rendered: sum adds numbers, or lists to a list",
    "{{ many | select('in', {'a': many}.values() | first) | list | length }}": LONG,
    "{{ big | trim(big) }}": LONG,
    "{{ big.strip('b' ~ big) }}": LONG,
    "{{ [big].__len__() }}": ("cannot be rendered: access to attribute '__len__' of 'list' object is unsafe"),
    "{{ " + " ~ ".join(["big"] * 900) + " }}": MUCH,
    "{{ " + " + ".join(["big"] * 100) + " }}": MUCH,
    "{{ [" + ", ".join(["big"] * 900) + "] }}": MUCH,
    "{{ [" + ", ".join(["1"] * 1100) + "] }}": "cannot be rendered: more than 1,000 parts",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}": "cannot be rendered: nested too deeply",
}


def test_no_template_takes_all_time_or_memory(tmp_path: Path) -> None:
    lines = ["all:", "  vars:", f"    big: {'a' * 50_000}", f"    many: {list(range(20_000))}"]
    lines += ["  hosts:", *(f"    h{number}: {{timezone: {json.dumps(bomb)}}}" for number, bomb in enumerate(BOMBS))]
    project(tmp_path, "\n".join(lines))
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy.py"), "--project", str(tmp_path), "inventory"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 2
    said = [line.split(": ", 1)[1] for line in done.stderr.removeprefix("error: ").splitlines()]
    found = dict(zip(BOMBS, said, strict=True))
    # The message is as long as it is because it ends with the template.
    assert {bomb: line[: len(BOMBS[bomb])] for bomb, line in found.items()} == BOMBS


def test_variables_that_multiply(tmp_path: Path) -> None:
    lines = ["all:", "  hosts: {h: {timezone: '{{ l9 }}'}}", "  vars:", "    l0: ha"]
    lines += [f"    l{number}: '{f'{{{{ l{number - 1} }}}}' * 10}'" for number in range(1, 10)]
    template = "{{ l4 }}" * 10
    assert errors(tmp_path, "\n".join(lines)) == [f"inventory/hosts.yml:9:9: {MUCH} in {template!r}"]


MADE = {
    "{{ cert | trim | length }}": 40_000,
    "{{ [[1], [2, 3]] | sum(start=[]) }}": [1, 2, 3],
    "{{ users | sum(attribute='shells', start=[]) }}": ["sh", "bash"],
    "{{ [1, 2] | sum }}": 3,
    "{{ 'xax' | trim(chars='x') }}": "a",
    "{{ {'b': 1, 'a': '<'} | tojson }}": '{"a": "\\u003c", "b": 1}',
    "{{ {'a': 1}.keys() }}": ["a"],
    "{{ [{'a': 1}.items()] }}": [[("a", 1)]],
    "{{ '8080'.isdigit() }}": True,
    "{{ zone is defined | ternary('a', 'b') }}": "a",
    "{{ 'a' | b64encode }}": "YQ==",
    "{{ zone | mandatory }}": "UTC",
    "{{ hostvars.i.raw ~ hostvars.i['magic'] ~ hostvars.i.attempt }}": "123",
    "{{ hostvars.i.keys() | select('in', ['raw', 'magic']) | list }}": ["raw", "magic"],
    "{{ hostvars.i.get('nope', 5) }}": 5,
    "{{ 'a' if zone else 'b' }}": "a",
    "{% if zone == 'x' %}a{% elif zone is defined %}b{% endif %}c": "bc",
    "{{ nope | default(8080) }}": 8080,
    "{{ nope | d('x', true) ~ '-' ~ 1 }}": "x-1",
    "{{ groups.web | join(',') }}": "h,i",
    "{{ groups.web | map('extract', hostvars, 'zone') | join(' ') }}": "UTC utc",
    "{{ groups['web'] | map('upper') | list }}": ["H", "I"],
    "{{ groups.web | reject('equalto', 'h') }}": ["i"],
    "{{ 'web%02d.example' % 7 }}": "web07.example",
    "{{ 'web%02d:8080' | format(7) }}": "web07:8080",
    "{{ '%(a)s' % {'a': 1} }}": "1",
    "{{ zone.lower().replace('u', 'x').split('c')[0] }}": "xt",
    "{{ ', '.join(groups.web) }}": "h, i",
    "{{ {'a': 1}.get('a', 2) + {'a': 1}['a'] }}": 2,
    "{{ zone | replace('U', '') }}": "TC",
    "{{ (10 * 0.55) | round | int }}": 6,
    "{{ hostvars[inventory_hostname].zone }}": "UTC",
    "{{ [3, 1, 2] | sort | first }}": 1,
    "{{ 'x' in groups.web }}": False,
    "{{ users | selectattr('admin') | map(attribute='name') | first }}": "ann",
}


@pytest.mark.parametrize("template", MADE)
def test_what_is_made_of_a_template(template: str, tmp_path: Path) -> None:
    text = (
        "web:\n  hosts: {h: {zone: UTC}, i: {zone: utc, raw: 1, magic: 2, attempt: 3}}\n"
        "  vars:\n    users: [{name: ann, admin: true, shells: [sh]}, {name: bob, admin: false, shells: [bash]}]\n"
        f"    cert: {'x' * 40_000}\n    made: {json.dumps(template)}\n"
    )
    [host] = inventory(tmp_path, text).select(["h"])
    assert host.variables["made"] == MADE[template]
    assert type(host.variables["made"]) is type(MADE[template])  # no subclass of it


def test_what_all_of_many_hosts_read_of_each_other(tmp_path: Path) -> None:
    names = [f"web{number:04}.example.com" for number in range(1500)]
    lines = [
        "all:",
        "  vars:",
        "    near: \"{{ groups.all | map('extract', hostvars, 'inventory_hostname') | join(',') }}\"",
    ]
    lines += ["    known: \"{{ groups.all | select('in', groups.all) | list | length }}\""]
    lines += [
        "    packages: \"{{ [] if near and known else ['vim'] }}\"",
        "  hosts:",
        *(f"    {name}:" for name in names),
    ]
    found = inventory(tmp_path, "\n".join(lines)).hosts
    assert [found[name].variables["near"] for name in (names[0], names[-1])] == [",".join(names)] * 2
    assert found[names[0]].variables["known"] == 1500


@pytest.mark.parametrize("last", ["UTC", "nope"])
def test_variables_that_are_read_on_many_ways(last: str, tmp_path: Path) -> None:
    """With 2 ** 28 ways to the last ones they would not be done in hours."""
    lines = ["all:", "  hosts: {h: {timezone: '{{ v0 or w0 }}'}}", "  vars:", f"    v28: {last}", "    w28: ''"]
    lines += [f"    {side}{i}: '{{{{ v{i + 1} or w{i + 1} }}}}'" for i in range(28) for side in "vw"]
    if last == "UTC":
        [host] = inventory(tmp_path, "\n".join(lines)).select(["h"])
        assert host.settings.timezone == "UTC"
    else:
        [found] = errors(tmp_path, "\n".join(lines))
        assert "timezone: 'nope' is not a time zone" in found


def test_threads_that_read_the_same_variables(tmp_path: Path) -> None:
    """One is in the middle of a value when the other asks for it, which is no circle."""
    lines = ["all:", "  hosts: {h: }", "  vars:", f"    many: {list(range(2000))}"]
    lines += ["    slow: \"{{ many | map('string') | map('int') | sum }}\""]
    [host] = inventory(tmp_path, "\n".join(lines)).select(["h"])
    with ThreadPoolExecutor(8) as threads:
        reading = Barrier(8)
        found = [threads.submit(lambda: (reading.wait(), host.variables["slow"])[1]) for _ in range(8)]
        assert {each.result() for each in found} == {sum(range(2000))}

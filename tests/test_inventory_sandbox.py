"""What templates in values may do; and that none of them takes long, or much memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.commands import ROOT
from tests.projects import errors, inventory, project

MEMORY = 1536 * 2**20  # bytes of address space; each of the bombs is of some gigabytes, or takes hours
MUCH = "cannot be rendered: more than 100,000 characters or items"
STATEMENT = "cannot be rendered: a value may have expressions, filters and `if`, no other statement"
WIDE = "cannot be rendered: a width of more than 999 characters"
BOMBS = {
    "{{ 'a' * 10**9 }}": MUCH,
    "{{ [1] * 10**9 }}": MUCH,
    "{{ 2 ** 1000000000 }}": "cannot be rendered: a number of more than 4,096 bits",
    "{{ '%999999999d' % 1 }}": WIDE,
    "{{ '%*d' % (999999999, 1) }}": WIDE,
    "{{ '%(n)999999999d' % {'n': 1} }}": WIDE,
    "{{ '%(a(b)c)999999999d' % {'a(b)c': 1} }}": WIDE,
    "{{ '%.999999999f' | format(1) }}": WIDE,
    "{{ ('%(n)s' * 9000) % {'n': big} }}": MUCH,
    "{{ 'a'.center(10**9) }}": "cannot be rendered: there is no function 'center' here",
    "{{ ('abc' | map(attribute='center') | first)(10**9) }}": "cannot be rendered: there is no function 'center' here",
    "{{ '{:999999999d}'.format(1) }}": "cannot be rendered: there is no function 'format' here",
    "{{ 'a' | center(10**9) }}": "not a template: No filter named 'center'",
    "{{ big | map('center', 10**9) | list }}": "cannot be rendered: No filter named 'center'",
    "{{ range(10**9) | list }}": "'range' is undefined",
    "{{ lipsum(10**9) }}": "'lipsum' is undefined",
    "{{ 5 | round(-10**9) }}": "cannot be rendered: more than 999 digits",
    "{% for a in big %}{% for b in big %}{% for c in big %}{% endfor %}{% endfor %}{% endfor %}": STATEMENT,
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}": STATEMENT,
    "{% set a = 1 %}": STATEMENT,
    "{{ big | replace('a', big) }}": MUCH,
    "{{ big.replace('a', big) }}": MUCH,
    "{{ big | join(big) }}": MUCH,
    "{{ big.join(big) }}": MUCH,
    "{{ big | map('replace', 'a', big) | list | length }}": MUCH,
    "{{ many | select('in', many) | list | length }}": MUCH,
    "{{ many | map('default', many) | list | length }}": MUCH,
    "{{ [big].__len__() }}": ("cannot be rendered: access to attribute '__len__' of 'list' object is unsafe"),
    "{{ " + " ~ ".join(["big"] * 900) + " }}": MUCH,
    "{{ " + " + ".join(["big"] * 100) + " }}": MUCH,
    "{{ [" + ", ".join(["big"] * 900) + "] }}": MUCH,
    "{{ [" + ", ".join(["1"] * 1100) + "] }}": "cannot be rendered: more than 1,000 parts",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}": "cannot be rendered: maximum recursion depth exceeded",
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
        "web:\n  hosts: {h: {zone: UTC}, i: {zone: utc}}\n"
        "  vars:\n    users: [{name: ann, admin: true}, {name: bob, admin: false}]\n"
        f"    made: {json.dumps(template)}\n"
    )
    [host] = inventory(tmp_path, text).select(["h"])
    assert host.variables["made"] == MADE[template]

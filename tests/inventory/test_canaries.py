"""No message about an inventory, and no listing of it, shows a value that may be a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.projects import errors, inventory, project
from windlass.cli.cli import run
from windlass.inventory.listing import listing

CANARY = "hunter2canary"
GENERIC = "the value is not what it has to be; it may be a secret, and so it is not shown"
ZONE = "timezone: the value is not a time zone of this machine (timedatectl list-timezones)"
UNRENDERED = "cannot be rendered, and why is not shown, as a secret may be in it in"

VALUES = {
    # A harmless name, and a template that reads a secret, directly or not.
    "timezone: '{{ db_password }}'": ZONE,
    "timezone: '{{ vault.api_token | upper }}'": ZONE,
    "timezone: '{{ dsn }}'": "timezone: the value is not a time zone such as Europe/Berlin",
    "timezone: \"{{ hostvars.h['db_password'] }}\"": ZONE,
    "packages: '{{ db_password }}'": f"packages: {GENERIC}",
    "packages: ['{{ db_password }}!']": "packages[0]: the value is not the name of a Debian package",
    "firewall: {allow: ['53 from {{ pin_key }}']}": f"firewall.allow[0]: {GENERIC}",
    "tls: {ca_file: '{{ db_password }}'}": f"tls.ca_file: {GENERIC}",
    "ansible_host: -{{ db_password }}": "ansible_host: the value is not a host name or address",
    "ansible_ssh_common_args: -J '{{ db_password }} x'": f"ansible_ssh_common_args: {GENERIC}",
    "apps: {a: {source: s, wsgi: 's:a', domains: ['{{ db_password }}_']}}": (
        "apps.a.domains[0]: the value is not a domain such as www.example.com"
    ),
    "apps: {a: {source: s, wsgi: 's:a', domains: [a.test], allow_env: ['{{ db_password }}-']}}": (
        f"apps.a.allow_env[0]: {GENERIC}"
    ),
    "timezone: '{{ {}[db_password] }}'": f"{UNRENDERED} '{{{{ {{}}[db_password] }}}}'",
    "timezone: \"{{ db_password | int + 'x' }}\"": f"{UNRENDERED} \"{{{{ db_password | int + 'x' }}}}\"",
    "timezone: '{{ {}[db_password].x or nope }}'": f"{UNRENDERED} '{{{{ {{}}[db_password].x or nope }}}}'",
    # What another host has by a harmless name, which a template there fills.
    "timezone: '{{ hostvars.other.greeting }}'": "timezone: the value is not a time zone such as Europe/Berlin",
    "ansible_port: \"{{ ['other'] | map('extract', hostvars, 'greeting') | first }}\"": (
        "ansible_port: the value is not a whole number"
    ),
    # A secret name, and a wrong value.
    f"ansible_password: [{CANARY}]": "ansible_password: the value is not text; put it in quotes",
    f"ansible_become_pass: {{{CANARY}: }}": "ansible_become_pass: the value is not text; put it in quotes",
    f"packages: [{{password: {CANARY}}}]": (
        "packages[0]: the value is not the name of a Debian package;"
        " is this a variable for Ansible? keep it, and add `windlass_packages: []`, which Windlass reads in its place"
    ),
    f"timezone: 'postgres://me:{CANARY}@db/shop'": "timezone: the value is not a time zone such as Europe/Berlin",
    f"apps: [{{token: {CANARY}}}]": (
        "apps: no apps of Windlass, each a mapping with source, wsgi and domains;"
        " is this a variable for Ansible? keep it, and add `windlass_apps: {}`, which Windlass reads in its place"
    ),
    f"apps: {{a: {{source: s, wsgi: 's:a', domains: [a.test], env: [{CANARY}]}}}}": (
        "apps.a.env: the value is not a mapping of names"
    ),
}


@pytest.mark.parametrize("line", VALUES)
def test_values(line: str, tmp_path: Path) -> None:
    text = (
        "all:\n  hosts: {h: }\n  children: {elsewhere: {hosts: {other: {greeting: 'hi {{ db_password }}',"
        f" ansible_connection: local}}}}}}}}\n  vars:\n    db_password: {CANARY}\n    vault: {{api_token: {CANARY}}}\n"
        f"    dsn: 'x {{{{ db_password }}}}'\n    pin_key: abcdef\n    {line}\n"
    )
    [found] = errors(tmp_path, text)
    assert CANARY not in found.lower()
    assert found.split(": ", 1)[1] == VALUES[line]


YAML = {
    f"db_password: !{CANARY}": "14: a tag that is not understood; text that begins with ! goes in quotes",
    "db_password: 2026-13-45": "14: this is not a valid timestamp; text goes in quotes",
    f"db_password: *{CANARY}": "14: not valid YAML: found undefined alias",
    f"db_password: @{CANARY}": (
        "14: not valid YAML: found character that cannot start any token;"
        " text that begins with this character goes in quotes"
    ),
    f"db_password: x: {CANARY}": (
        "15: not valid YAML: mapping values are not allowed in this context;"
        " is the indentation right, and is text with a colon in quotes?"
    ),
    f"{CANARY}": "1: a file of variables must be a mapping of variables, not text",
}


@pytest.mark.parametrize("text", YAML)
def test_files_of_variables(text: str, tmp_path: Path) -> None:
    files = {"inventory/hosts.yml": "all: {hosts: {h: }}", "inventory/group_vars/all.yml": text}
    assert errors(tmp_path, files) == [f"inventory/group_vars/all.yml:1:{YAML[text]}"]


@pytest.mark.parametrize("line", [f"h ansible_password=a {CANARY}", f"[all:vars]\ndb_password {CANARY}"])
def test_ini(line: str, tmp_path: Path) -> None:
    [found] = errors(tmp_path, {"inventory/hosts": f"{line}\n"})
    assert found.split(": ", 1)[1] == "this is not key=value; a value with spaces goes in quotes"


VARS = "; a variable? it goes under vars, in INI [GROUP:vars]"
HOST = f"this is not a host name or address{VARS}"
GROUP = f"this is not a group name: text without spaces and without : , & ! * ? ~ [ ] / ={VARS}"
CHILD = f"this is not the name of a group{VARS}"
SECTION = "this is not a section: [group], [group:children] or [group:vars]"
MISPLACED = {
    f"[web]\nh\ndb_password={CANARY}": [f"hosts:3:1: {HOST}"],
    f"[web]\nh\ndb_password=[{CANARY}]": [f"hosts:3:1: {HOST}"],
    f"[web]\nh\ndb_password = {CANARY}": [f"hosts:3:1: {HOST}"],
    f"[web]\nh dsn:{CANARY}": ["hosts:2:1: 'dsn:...' is not key=value; a value with spaces goes in quotes"],
    f"[web]\nh dsn= {CANARY}": [
        "hosts:2:1: what is behind 'dsn=' is not key=value; a value with spaces goes in quotes"
    ],
    f"[web]\nh dsn=x {CANARY} y": [
        "hosts:2:1: what is behind 'dsn=...' is not key=value; a value with spaces goes in quotes"
    ],
    f"[web]\nh dsn {CANARY}": ["hosts:2:1: what is behind 'h' is not key=value; a value with spaces goes in quotes"],
    f"[web]\nh[1:2]: {CANARY}": [
        "hosts:2:1: what is behind 'h[1:...' is not key=value; a value with spaces goes in quotes"
    ],
    f"[web]\nh '' {CANARY}": ["hosts:2:1: what is behind 'h' is not key=value; a value with spaces goes in quotes"],
    f"[web]\ndsn {CANARY}": ["hosts:2:1: what is behind 'dsn' is not key=value; a value with spaces goes in quotes"],
    f"[web]\n[web:vars]\ndsn {CANARY}": ["hosts:3:1: 'dsn' is not key=value; a value with spaces goes in quotes"],
    f"[web]\n[web:vars]\ndsn\t{CANARY}:x": ["hosts:3:1: 'dsn' is not key=value; a value with spaces goes in quotes"],
    f"[web:children]\ndb_password={CANARY}": [f"hosts:2:1: {CHILD}"],
    f"[web:children]\ndb_password = {CANARY}": [f"hosts:2:1: {CHILD}"],
    f"[db_password={CANARY}]": [f"hosts:1:1: {GROUP}"],
    f"[db_password={CANARY}:vars]": [f"hosts:1:1: {GROUP}"],
    f"[db_password {CANARY}]": [f"hosts:1:1: {SECTION}"],
    f"[web]\n[web:vars]\nansible_group_priority={CANARY}": ["hosts:3:1: ansible_group_priority must be a whole number"],
    f"web: {{hosts: {{db_password={CANARY}: }}}}": [f"hosts:1:15: {HOST}"],
    f"web: {{hosts: {{db_password={CANARY}: 5}}}}": [
        f"hosts:1:15: {HOST}",
        "hosts:1:42: a host must be a mapping of variables, not 5",
    ],
    f"web: {{children: db_password={CANARY}}}": [f"hosts:1:17: {GROUP}"],
    f"db_password={CANARY}: {{}}": [f"hosts:1:1: {GROUP}"],
    f"web: {{dsn={CANARY}: {{hosts: }}}}": [
        (
            "hosts:1:7: a group has vars, children and hosts, not 'dsn=...';"
            " is 'dsn=...' a group? then it goes under children"
        )
    ],
    f"web: {{hosts: {{dsn={CANARY}: , dsn={CANARY}: }}}}": [
        *[f"hosts:1:{column}: 'dsn=...' is not a host name or address{VARS}" for column in (15, 36)],
        "hosts:1:36: 'dsn=...' is set twice in one mapping; the first would be ignored",
    ],
    f"web: {{vars: {{db_password: {CANARY}, db_password: }}}}": [
        "hosts:1:42: 'db_password' is set twice in one mapping; the first would be ignored"
    ],
    f"web: {{hosts: {{'dsn:{CANARY}': 5}}}}": [
        f"hosts:1:15: 'dsn:...' is not a host name or address{VARS}",
        "hosts:1:36: a host must be a mapping of variables, not 5",
    ],
    "web: {vars: {timezone=abc: }}": [
        "hosts:1:14: unknown setting 'timezone=...'; did you mean 'timezone'? A variable of your own needs another name"
    ],
    f"[web]\n[web:vars]\ndsn:{CANARY}": ["hosts:3:1: 'dsn:...' is not key=value; a value with spaces goes in quotes"],
    f"[web:children]\ndsn:{CANARY}": [f"hosts:2:1: 'dsn:...' is not the name of a group{VARS}"],
    f"[web:children]\ndsn {CANARY}": ["hosts:2:1: 'dsn ...' is not the name of a group"],
    f"[dsn:{CANARY}]": ["hosts:1:1: '[dsn:...' is not a section: [group], [group:children] or [group:vars]"],
}


@pytest.mark.parametrize("text", MISPLACED)
def test_variables_in_the_wrong_place(text: str, tmp_path: Path) -> None:
    assert errors(tmp_path, {"inventory/hosts": f"{text}\n"}) == [f"inventory/{line}" for line in MISPLACED[text]]


@pytest.mark.parametrize("sign", ["=", " = ", "= ", " =", ":", " : ", ": ", " :"])
@pytest.mark.parametrize("value", ["{}", "[{}]", "x[{}", "{}[1:3]", "{}:22"])
def test_a_variable_among_the_hosts_of_ini(sign: str, value: str, tmp_path: Path) -> None:
    [found] = errors(tmp_path, {"inventory/hosts": f"[web]\nh\ndsn{sign}{value.format(CANARY)}\n"})
    assert found == f"inventory/hosts:3:1: 'dsn{sign.rstrip()}...' is not a host name or address{VARS}"


def test_a_secret_of_a_command_line_is_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, "all: {hosts: {h: }}")
    assert run(["--project", str(tmp_path), "provision", "h", "-e", f"db_password {CANARY}"]) == 2
    assert capsys.readouterr().err == ("error: -e: this is not KEY=VALUE (for example apps.shop.ref=v2) or @FILE\n")


def test_listings_show_templates_and_no_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        f"all:\n  hosts: {{h: }}\n  vars:\n    db_password: {CANARY}\n    greeting: '{{{{ db_password }}}}'\n"
        f"    dsn: postgres://me:{CANARY}@db/shop\n    vault: {{api_token: [{CANARY}]}}\n"
    )
    project(tmp_path, text)
    for options in (["--list"], ["--host", "h"], ["--host", "h", "--json"]):
        assert run(["--project", str(tmp_path), "inventory", *options]) == 0
        said = capsys.readouterr().out
        assert CANARY not in said
        assert "{{ db_password }}" in said
    found = listing(inventory(tmp_path, text))["_meta"]["hostvars"]["h"]
    assert found["greeting"] == "{{ db_password }}"
    assert CANARY not in json.dumps(found)


def test_a_variable_does_not_show_its_value(tmp_path: Path) -> None:
    found = inventory(tmp_path, f"all: {{hosts: {{h: {{db_password: {CANARY}}}}}}}").variables_of("h")
    assert CANARY not in repr(found["db_password"])

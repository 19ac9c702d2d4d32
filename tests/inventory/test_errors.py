"""Every mistake in an inventory: one line with file, line, column, the value and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import errors, inventory, project
from windlass.errors import InventoryError, UsageError
from windlass.inventory import load
from windlass.inventory.vault import CLOSED

OWN = "A variable of your own needs another name"
TAG = "a tag that is not understood; text that begins with ! goes in quotes"
LOCALE = (
    "locale: {} is not a locale such as en_GB.UTF-8;"
    " is this a variable for Ansible? keep it, and add `windlass_locale: null`, which Windlass reads in its place"
)
STRUCTURE = {
    "a tab": ("all:\n\thosts:\n", "2:1: this line is indented with a tab; YAML takes spaces only"),
    "a key twice": ("all: {hosts: {a: , a: }}", "1:20: 'a' is set twice in one mapping; the first would be ignored"),
    "two documents": ("a:\n---\nb:\n", "2:1: one document per file: remove the second ---"),
    "text": ("hello", "1:1: an inventory file must be a mapping of groups, not text"),
    "a list": ("- web1", "1:1: an inventory file must be a mapping of groups, not a list"),
    "hosts as a list": (
        "web:\n  hosts:\n    - web1\n",
        "3:5: hosts of group 'web' must be a mapping of names, each with a colon, not a list",
    ),
    "host for hosts": (
        "all: {host: {a: }}",
        "1:7: a group has vars, children and hosts, not 'host'; did you mean 'hosts'?",
    ),
    "a group outside children": (
        "all: {web: {hosts: {a: }}}",
        "1:7: a group has vars, children and hosts, not 'web'; is 'web' a group? then it goes under children",
    ),
    "a group name": (
        "'a b': ",
        "1:1: 'a b' is not a group name: text without spaces and without : , & ! * ? ~ [ ] / =",
    ),
    "a circle": ("a: {children: {b: {children: {a: }}}}", "1:16: group 'b' cannot be inside 'a', which is inside it"),
    "a plugin": ("plugin: aws_ec2", "1:1: inventory plugins are not supported; list the hosts"),
    "a priority": (
        "a: {vars: {ansible_group_priority: high}}",
        "1:36: ansible_group_priority must be a whole number",
    ),
    "a priority without end": (
        "a: {vars: {ansible_group_priority: .inf}}",
        "1:36: ansible_group_priority must be a whole number",
    ),
    "a number as host": ("a: {hosts: {5: }}", "1:13: host 5 is not text: put it in quotes"),
    "a user in a host": (
        "a: {hosts: {r@x: }}",
        "1:13: 'r@x' is not a host name or address; the user goes into ansible_user",
    ),
    "a variable that is a number": ("a: {vars: {1: x}}", "1:12: variable 1 is not text: put it in quotes"),
    "a range backwards": ("a: {hosts: {'a[5:1]': }}", "1:13: '[5:1]' begins after its end"),
    "letters backwards": ("a: {hosts: {'a[c:a]': }}", "1:13: '[c:a]' begins after its end"),
    "half a range": (
        "a: {hosts: {'a[1': }}",
        "1:13: 'a[1' has a bracket without its partner; a range is written web[01:10]",
    ),
    "a range without end": (
        "a: {hosts: {'a[1:]': }}",
        "1:13: '[1:]' is not a range; write [begin:end] or [begin:end:step]",
    ),
    "a mixed range": ("a: {hosts: {'a[a:5]': }}", "1:13: '[a:5]' is not a range of numbers or of single letters"),
    "widths of a range": (
        "a: {hosts: {'a[01:9]': }}",
        "1:13: '[01:9]' has ends of different length; write [01:10], not [01:9]",
    ),
    "an endless range": ("a: {hosts: {'a[1:99999]': }}", "1:13: '[1:99999]' stands for 99,999 hosts; at most 10,000"),
    "multiplied ranges": (
        "a: {hosts: {'a[1:999][1:99]': }}",
        "1:13: 'a[1:999][1:99]' stands for 98,901 hosts; at most 10,000",
    ),
    "vault": (
        "a: {vars: {x: !vault abc}}",
        "1:15: this is damaged, or cut off: it is not what ansible-vault has written",
    ),
    "a tag": ("a: {vars: {x: !!python/name:os.system y}}", f"1:15: {TAG}"),
    "a tag of a mapping": ("a: {vars: {x: !thing {b: c}}}", f"1:15: {TAG}"),
    "nothing to merge": ("a: {vars: {<<: 5}}", "1:16: << takes a mapping or a list of mappings"),
    "no date": ("a: {vars: {x: 2026-13-45}}", "1:15: this is not a valid timestamp; text goes in quotes"),
    "a number of 4,097 bits": (
        f"a: {{vars: {{x: [0x{'F' * 1024}, 0x1{'0' * 1024}]}}}}",
        "1:1044: a whole number of more than 4,096 bits; text goes in quotes",
    ),
    "an unknown alias": ("a: {vars: {x: *y}}", "1:15: not valid YAML: found undefined alias"),
    "an alias in itself": ("a: {vars: {x: &x [*x]}}", "1:15: an alias contains itself"),
    "a mapping in itself": ("all: {hosts: {h: {x: &x {y: 1, z: *x}}}}", "1:22: an alias contains itself"),
    "all in a variable": ("all: &a {hosts: {h: {x: *a}}}", "1:6: an alias contains itself"),
    "hosts in a host": ("all: {hosts: &h {a: *h}}", "1:14: an alias contains itself"),
    "apps in an app": ("all: {vars: {apps: &a {shop: *a}}}", "1:20: an alias contains itself"),
    "a mapping that merges what it is in": ("all: {vars: &v {x: {<<: *v}}}", "1:20: an alias contains itself"),
    "a template without quotes": (
        "a: {vars: {x: {{ y }}}}",
        "1:16: a list or mapping cannot be a key; a value that begins with {{ goes in quotes",
    ),
    "an odd character": (
        "a: @b",
        (
            "1:4: not valid YAML: found character that cannot start any token;"
            " text that begins with this character goes in quotes"
        ),
    ),
    "a quote that does not end": ('a:\n  vars:\n    x: "y\n', "3:8: not valid YAML: found unexpected end of stream"),
    "a colon in text": (
        "a:\n  vars:\n    x: b: c\n",
        (
            "3:9: not valid YAML: mapping values are not allowed in this context;"
            " is the indentation right, and is text with a colon in quotes?"
        ),
    ),
    "control characters": ('a: {vars: {x: "\x07"}}', "1: not readable as YAML: control characters are not allowed"),
    "nesting": ("[" * 200, "1:101: nested more than 100 levels deep"),
    "a slip of a setting": (
        "a: {vars: {timezon: UTC}}",
        f"1:12: unknown setting 'timezon'; did you mean 'timezone'? {OWN}",
    ),
}


@pytest.mark.parametrize("mistake", STRUCTURE)
def test_structure(mistake: str, tmp_path: Path) -> None:
    text, message = STRUCTURE[mistake]
    assert errors(tmp_path, text) == [f"inventory/hosts.yml:{message}"]


INI = {
    "[a b]": "'[a b]' is not a section: [group], [group:children] or [group:vars]",
    "[a:childs]": "'[a:...' is not a section: [group], [group:children] or [group:vars]",
    "[a*]": "'a*' is not a group name: text without spaces and without : , & ! * ? ~ [ ] / =",
    "[a:vars]": "[a:vars] is for a group that no section and no [...:children] names",
    "h x": "what is behind 'h' is not key=value; a value with spaces goes in quotes",
    "h x='": "a quote without its partner; text with one in it goes in the other kind",
    "h[1:3": "'h[1:...' has a bracket without its partner; a range is written web[01:10]",
    "h[1": "'h[1' has a bracket without its partner; a range is written web[01:10]",
    "r@h": "'r@h' is not a host name or address; the user goes into ansible_user",
    "=x": "'=...' is not a host name or address; a variable? it goes under vars, in INI [GROUP:vars]",
    "h x :y": "what is behind 'h' is not key=value; a value with spaces goes in quotes",
    "h:22:33": "'h:...' is not a host name or address; a variable? it goes under vars, in INI [GROUP:vars]",
    "h:": "'h:' is not a host name or address; a variable? it goes under vars, in INI [GROUP:vars]",
    "2001:db8::g": "'2001:...' is not a host name or address; a variable? it goes under vars, in INI [GROUP:vars]",
    "h x=1 =y": "'=...' is not key=value; a value with spaces goes in quotes",
    "h timezon=UTC": f"unknown setting 'timezon'; did you mean 'timezone'? {OWN}",
}


@pytest.mark.parametrize("line", INI)
def test_ini(line: str, tmp_path: Path) -> None:
    """The line after it is read all the same."""
    files = {"inventory/hosts": f"# first\n  {line}\n[last]\nx@y\n"}
    last = "'x@y' is not a host name or address; the user goes into ansible_user"
    assert errors(tmp_path, files) == [f"inventory/hosts:2:3: {INI[line]}", f"inventory/hosts:4:1: {last}"]


def test_a_number_of_thousands_of_digits_in_ini_is_text(tmp_path: Path) -> None:
    [found] = errors(tmp_path, {"inventory/hosts": f"h ansible_port=0x{'F' * 4000}\n"})
    assert found.startswith("inventory/hosts:1:1: ansible_port: '0xFFF")


def test_children_in_ini(tmp_path: Path) -> None:
    files = {"inventory/hosts": "[a:children]\nb c\nnope\na\n[a:vars]\nx\n"}
    assert errors(tmp_path, files) == [
        "inventory/hosts:2:1: 'b ...' is not the name of a group",
        "inventory/hosts:3:1: group 'nope' has no section of its own",
        "inventory/hosts:4:1: group 'a' cannot be inside 'a', which is inside it",
        "inventory/hosts:6:1: 'x' is not key=value; a value with spaces goes in quotes",
    ]


def test_all_mistakes_at_once_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    files = {
        "inventory/b.yml": "web: {hosts: {w: {ansible_port: 0}}, vars: {packags: []}}",
        "inventory/a.yml": "all: {vars: {timezone: Mars/Base}, hosts: [x]}",
        "inventory/group_vars/web.yml": "\napps: {shop: {}}\ntls: {mode: sslv3, email: me}\n",
        "inventory/host_vars/w.yml": "locale: {}\n",
        "inventory/c.yml": "web: [",
    }
    web = "inventory/group_vars/web.yml"
    source = "where the code is: a folder, relative to the project folder, or a git URL."
    assert errors(tmp_path, files) == [
        "inventory/a.yml:1:24: timezone: 'Mars/Base' is not a time zone of this machine (timedatectl list-timezones)",
        "inventory/a.yml:1:43: hosts of group 'all' must be a mapping of names, each with a colon, not a list",
        "inventory/b.yml:1:33: ansible_port: 0 is less than 1",
        f"inventory/b.yml:1:45: unknown setting 'packags'; did you mean 'packages'? {OWN}",
        "inventory/c.yml:1: not valid YAML: did not find expected node content",
        f"{web}:2:8: apps.shop: domains is missing: the domains that the app answers to.",
        f"{web}:2:8: apps.shop: source is missing: {source}",
        f"{web}:3:13: tls.mode: 'sslv3' is not one of 'letsencrypt', 'self-signed' or 'off'",
        f"{web}:3:27: tls.email: 'me' is not an e-mail address such as ops@example.com",
        f"inventory/host_vars/w.yml:1:9: {LOCALE}",
    ]


def test_keys_that_are_set_twice_hide_nothing(tmp_path: Path) -> None:
    text = "all:\n  vars:\n    a: 1\n    a: 2\n    timezon: UTC\n    b: {c: 1, c: 2}\n  hosts: {h: {locale: {}}, h: }\n"
    twice = "is set twice in one mapping; the first would be ignored"
    assert errors(tmp_path, text) == [
        f"inventory/hosts.yml:4:5: 'a' {twice}",
        f"inventory/hosts.yml:5:5: unknown setting 'timezon'; did you mean 'timezone'? {OWN}",
        f"inventory/hosts.yml:6:15: 'c' {twice}",
        f"inventory/hosts.yml:7:23: {LOCALE}",
        f"inventory/hosts.yml:7:28: 'h' {twice}",
    ]


def test_a_template_that_fails_hides_nothing(tmp_path: Path) -> None:
    text = (
        "all:\n  hosts: {h: }\n  vars:\n    timezone: '{{ nope }}'\n    packages: vim\n"
        "    ansible_user: '{{ nope }}'\n    ansible_port: 0\n"
        "    apps: {a: {source: '{{ nope }}', ref: '{{ no }}', domains: ['{{ nope }}', a b], env: {A: '{{ nope }}'}}}\n"
    )
    assert errors(tmp_path, text) == [
        "inventory/hosts.yml:4:15: 'nope' is undefined in '{{ nope }}'",
        "inventory/hosts.yml:5:15: packages: 'vim' is not a list; write [vim]",
        "inventory/hosts.yml:6:19: 'nope' is undefined in '{{ nope }}'",
        "inventory/hosts.yml:7:19: ansible_port: 0 is less than 1",
        "inventory/hosts.yml:8:24: 'nope' is undefined in '{{ nope }}'",
        "inventory/hosts.yml:8:43: 'no' is undefined in '{{ no }}'",
        "inventory/hosts.yml:8:65: 'nope' is undefined in '{{ nope }}'",
        "inventory/hosts.yml:8:79: apps.a.domains[1]: 'a b' is not a domain such as www.example.com",
        "inventory/hosts.yml:8:94: 'nope' is undefined in '{{ nope }}'",
    ]


def test_one_mistake_for_many_hosts_is_told_once(tmp_path: Path) -> None:
    text = "all: {hosts: {'h[1:50]': }, vars: {packages: vim}}"
    assert errors(tmp_path, text) == ["inventory/hosts.yml:1:46: packages: 'vim' is not a list; write [vim]"]


@pytest.mark.parametrize("name", ["hosts", "hosts.yml", "hosts.ini", "group_vars/all.yml", "host_vars/h/vault"])
def test_a_whole_file_in_ansibles_vault(name: str, tmp_path: Path) -> None:
    files = {"inventory/other.yml": "a: {hosts: {h: }}", f"inventory/{name}": "$ANSIBLE_VAULT;1.1;AES256\n6338\n"}
    assert errors(tmp_path, files) == [f"inventory/{name}:1: {CLOSED}"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    folder = project(tmp_path, "all:\n")
    (folder / "inventory/away.yml").symlink_to(tmp_path / "away")
    (folder / "inventory/away").symlink_to(tmp_path / "away")
    with pytest.raises(InventoryError) as raised:
        load(folder / "inventory")
    assert str(raised.value).splitlines() == [
        "inventory/away: cannot be read: No such file or directory",
        "inventory/away.yml: cannot be read: No such file or directory",
    ]


def test_a_host_that_is_not_listed_and_not_reached_by_ssh(tmp_path: Path) -> None:
    found = inventory(tmp_path, "all: {vars: {ansible_connection: local}}")
    with pytest.raises(UsageError) as raised:
        found.ad_hoc("192.0.2.1")
    assert str(raised.value) == (
        "'192.0.2.1' is not reached by SSH but by ansible_connection 'local'\n"
        "  Windlass goes by SSH alone: name another host, or remove ansible_connection"
    )


def test_not_text(tmp_path: Path) -> None:
    folder = project(tmp_path, "all:\n")
    (folder / "inventory/hosts.yml").write_bytes(b"all:\n  vars: {x: '\xff'}\n")
    with pytest.raises(InventoryError, match=r"^inventory/hosts.yml:2: this is not UTF-8 text$"):
        load(folder / "inventory")


PATTERNS = {
    "wbe": "unknown host or group 'wbe'\n  did you mean 'web'?",
    "ungroupe": "unknown host or group 'ungroupe'\n  ./deploy.py inventory shows what there is",
    "nope": "unknown host or group 'nope'\n  ./deploy.py inventory shows what there is",
    "alll": "unknown host or group 'alll'\n  ./deploy.py inventory shows what there is",
    "web:!wbe": "unknown host or group 'wbe'\n  did you mean 'web'?",
    "zzzzz": "unknown host or group 'zzzzz'\n  ./deploy.py inventory shows what there is",
    "": "'' names no host\n  ./deploy.py inventory shows what there is",
    " ,": "' ,' names no host\n  ./deploy.py inventory shows what there is",
    "x*": "no host or group matches 'x*'\n  ./deploy.py inventory shows what there is",
    "web:!web": "no host matches 'web:!web'\n  ./deploy.py inventory shows what there is",
    "web[5]": "'web[5]': there are only 3 hosts",
    "~(": "'~(' is not a regular expression: missing ), unterminated subpattern at position 0",
    "lab": "unknown host or group 'lab'\n  there is no lab yet: ./deploy.py lab up",
    "here": (
        "'here' is not reached by SSH but by ansible_connection 'local'\n"
        "  Windlass goes by SSH alone: name another host, or remove ansible_connection"
    ),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(pattern: str, tmp_path: Path) -> None:
    found = inventory(tmp_path, "web: {hosts: {'web[1:2]': , here: {ansible_connection: local}}}")
    with pytest.raises(UsageError) as raised:
        found.select([pattern])
    assert str(raised.value) == PATTERNS[pattern]

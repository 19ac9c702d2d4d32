"""Every mistake in a value of the inventory: settings, connection variables, templates; one line with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.projects import errors, inventory

OTHER_APPS = (
    "apps: no apps of Windlass, each a mapping with source, wsgi and domains; is this a variable for Ansible? keep it,"
    " and add `windlass_apps: {{}}`, which Windlass reads in its place"
)
SETTINGS = {
    "tls: {staging: true, directory_url: 'https://a.test/d'}": (
        "tls.directory_url: staging picks the directory already: give either staging or directory_url"
    ),
    "tls: {ca_file: none.pem}": "tls.ca_file: '{project}/none.pem' cannot be read: No such file or directory",
    "tls: {ca_file: inventory}": "tls.ca_file: '{project}/inventory' cannot be read: Is a directory",
    "tls: {ca_file: 5}": "tls.ca_file: 5 is not a path",
    "tls: {mode: [off]}": "tls.mode: [False] is not one of 'letsencrypt', 'self-signed' or 'off'",
    "apps: {a: {source: s, wsgi: 's:a', domains: [a.test], required_env: [B C]}}": (
        "apps.a.required_env[0]: 'B C' is not a name of an environment variable (letters, digits and _)"
    ),
    "apps: {a: {source: s, wsgi: 's:a', domains: [a.test, A.test]}}": ("apps.a.domains[1]: 'a.test' is listed twice"),
    "apps: {a: {source: s, wsgi: 's:a', domains: [a.test]}, b: {source: s, wsgi: 's:a', domains: [b.test, a.test]}}": (
        "apps.b.domains[1]: 'a.test' is a domain of app 'a' already"
    ),
    "apps: {a: {source: s, wsgi: 's:a', domains: ['a.test; return 200']}}": (
        "apps.a.domains[0]: 'a.test; return 200' is not a domain such as www.example.com"
    ),
    "apps: {a: {source: s, wsgi: 's:a', domains: ['a.test\\nb']}}": (
        "apps.a.domains[0]: 'a.test\\\\nb' is not a domain such as www.example.com"
    ),
    "packages: ['vim; reboot']": "packages[0]: 'vim; reboot' is not the name of a Debian package",
    "packages: vim": "packages: 'vim' is not a list; write [vim]",
    "apps: [a]": OTHER_APPS,
    "apps: {a: x}": OTHER_APPS,
    "apps: 5": OTHER_APPS,
    "apps: {shop: {port: 80}, blog: {port: 81}}": OTHER_APPS,
    "apps: {shop: }": "apps.shop: None is not a mapping of settings",
}


@pytest.mark.parametrize("line", SETTINGS)
def test_settings(line: str, tmp_path: Path) -> None:
    [found] = errors(tmp_path, f"all:\n  hosts: {{h: }}\n  vars:\n    {line}\n")
    place, _, message = found.partition(": ")
    assert message == SETTINGS[line].format(project=tmp_path)
    assert re.fullmatch(r"inventory/hosts.yml:4:\d+", place)


CONNECTION = {
    "ansible_port: 99999": "99999 is more than 65535",
    "ansible_port: ssh": "'ssh' is not a whole number",
    "ansible_user: x y": "'x y' is not a user name",
    "ansible_user: -oProxyCommand=x": "'-oProxyCommand=x' is not a user name",
    "ansible_host: -x": "'-x' is not a host name or address",
    "ansible_become_method: su": "'su' is not 'sudo'",
    "ansible_become_user: bob": "'bob' is not 'root'",
    "ansible_become: maybe": "'maybe' is not true or false",
    "ansible_become_password: 5": "the value is not text; put it in quotes",
    "ansible_python_interpreter: py;x": "'py;x' is not the path of a Python interpreter",
    "ansible_ssh_common_args: -F x": "the ssh option '-F' is not understood here; put it into ~/.ssh/config",
    "ansible_ssh_common_args: -J 'a b'": "'a b' is not a jump host; write [user@]host[:port], several with commas",
    "ansible_ssh_common_args: -J 'a": '"-J \'a" cannot be read as options of ssh: No closing quotation',
    "ansible_ssh_common_args: -o ProxyCommand='nc %h %p'": (
        "the ProxyCommand 'nc %h %p' is more than a jump host; put it into ~/.ssh/config"
    ),
    "ansible_password: 5": "the value is not text; put it in quotes",
    "ansible_private_key_file: ''": "must not be empty",
    "host_key: AAAA": "'AAAA' is not a host key as ssh-keyscan prints it, \"ssh-ed25519 AAAA...\"",
}


@pytest.mark.parametrize("line", CONNECTION)
def test_connection(line: str, tmp_path: Path) -> None:
    name = line.partition(": ")[0]
    text = f"a:\n  hosts:\n    h:\n      {line}\n"
    column = 7 + len(name) + 2
    assert errors(tmp_path, text) == [f"inventory/hosts.yml:4:{column}: {name}: {CONNECTION[line]}"]


TEMPLATES = {
    "{{ zon }}": "'zon' is undefined; did you mean 'zone'? in '{{ zon }}'",
    "{{ qqq }}": "'qqq' is undefined in '{{ qqq }}'",
    "{{ zone": "not a template: unexpected end of template, expected 'end of print statement' in '{{ zone'",
    "{{ zone | nope }}": (
        "cannot be rendered: there is no filter 'nope' here; there are abs, b64encode, capitalize, count, d, default,"
        " dictsort, extract, first, float, format, int, items, join, last, length, list, lower, mandatory, map, max,"
        " min, reject, rejectattr, replace, reverse, round, select, selectattr, sort, string, sum, ternary, title,"
        " tojson, trim, truncate, unique, upper, urlencode, wordcount in '{{ zone | nope }}'"
    ),
    "{{ zone.upper }}": (
        "cannot be rendered: upper is a method; it is called with brackets behind it: upper() in '{{ zone.upper }}'"
    ),
    "{{ [nope] }}": "'nope' is undefined in '{{ [nope] }}'",
    "{{ [zone.nope] }}": "'str object' has no attribute 'nope' in '{{ [zone.nope] }}'",
    "{{ hostvars.h.raw }}": "the host has no attribute 'raw' in '{{ hostvars.h.raw }}'",
    "{{ hostvars.h.attempt }}": "the host has no attribute 'attempt' in '{{ hostvars.h.attempt }}'",
    "{{ hostvars[inventory_hostname].nope }}": (
        "the host has no attribute 'nope' in '{{ hostvars[inventory_hostname].nope }}'"
    ),
    "{{ hostvars.nope.timezone }}": ("hostvars has no attribute 'nope' in '{{ hostvars.nope.timezone }}'"),
    "{{ hostvars.h.nope }}": "the host has no attribute 'nope' in '{{ hostvars.h.nope }}'",
    "{{ zone.x }}": "'str object' has no attribute 'x' in '{{ zone.x }}'",
    '{% include "x" %}': (
        "cannot be rendered: a value may have expressions, filters and `if`, no other statement"
        " in '{% include \"x\" %}'"
    ),
    "{{ 1 / 0 }}": "cannot be rendered: division by zero in '{{ 1 / 0 }}'",
    "{{ timezone }}": "variables refer to each other in a circle: timezone -> timezone",
    "{{ around }}": "variables refer to each other in a circle: timezone -> around -> timezone",
    "{{ zone.__class__ }}": (
        "cannot be rendered: access to attribute '__class__' of 'str' object is unsafe in '{{ zone.__class__ }}'"
    ),
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates(template: str, tmp_path: Path) -> None:
    text = f"all: {{hosts: {{h: {{timezone: '{template}', zone: UTC, around: '{{{{ timezone }}}}'}}}}}}"
    found = errors(tmp_path, text)
    assert found[0].split(": ", 1)[1] == TEMPLATES[template]
    assert found[0].startswith("inventory/hosts.yml:1:")


@pytest.mark.parametrize(
    "line",
    [
        "ansible_become_password: 'hunter2{{x'",
        "ansible_become_password: 'a{{hunter2}}'",
        "ansible_become_password: '{%hunter2'",
        "apps: {a: {env: {SECRET_KEY: '{{ hunter2 - }}'}}}",
        "apps: {a: {env: {DB: 'postgres://u:hunter2@{{ host }}/x'}}}",
        "serial: '{{ nested.db_passwords.prod }}'\n    nested: {db_passwords: {prod: 'hunter2{{'}}",
    ],
)
def test_a_secret_that_looks_like_a_template_is_not_shown(line: str, tmp_path: Path) -> None:
    found = errors(tmp_path, f"all:\n  hosts: {{h: }}\n  vars:\n    {line}\n")
    assert "hunter2" not in str(found)
    assert found[-1].endswith(" is not a template, or a wrong one; mark text that is none: !unsafe '...'")


def test_a_secret_that_is_another_variable_says_which_is_missing(tmp_path: Path) -> None:
    [found] = errors(tmp_path, "all: {hosts: {h: {ansible_become_password: '{{ vault.nope }}', vault: {}}}}")
    assert found.endswith(": 'dict object' has no attribute 'nope'")


def test_a_circle_across_hosts(tmp_path: Path) -> None:
    text = "all: {hosts: {a: {timezone: '{{ hostvars.b.timezone }}'}, b: {timezone: '{{ hostvars.a.timezone }}'}}}"
    found = errors(tmp_path, text)
    assert found[0].endswith("variables refer to each other in a circle: timezone -> timezone")


CHAIN = "more than 30 variables that each read the next: timezone -> {} -> ... -> {}; set one to its plain value"


def test_a_chain_of_variables_may_have_30(tmp_path: Path) -> None:
    def text(count: int) -> str:
        lines = [f"    v{number}: '{{{{ v{number + 1} }}}}'" for number in range(1, count)]
        return "\n".join(
            ["all:", "  hosts: {h: {timezone: '{{ v1 }}'}}", "  vars:", *lines, f"    v{count}: Asia/Tokyo"]
        )

    assert inventory(tmp_path, text(30)).hosts["h"].settings.timezone == "Asia/Tokyo"
    for count in (31, 5000):
        assert errors(tmp_path, text(count)) == [f"inventory/hosts.yml:33:10: {CHAIN.format('v1', 'v30')}"]


@pytest.mark.parametrize(
    "read", ["hostvars.h{}.timezone", "[['h{}'] | map('extract', hostvars, 'timezone') | map('upper') | first] | first"]
)
def test_a_chain_across_hosts_may_have_30(read: str, tmp_path: Path) -> None:
    lines = [f'    h{number}: {{timezone: "{{{{ {read.format(number + 1)} }}}}"}}' for number in range(30)]
    found = inventory(tmp_path, "\n".join(["all:", "  hosts:", *lines, "    h30: {timezone: UTC}"]))
    assert found.hosts["h0"].settings.timezone == "UTC"
    lines.append(lines[-1].replace("h30", "h31").replace("h29", "h30"))
    found = errors(tmp_path, "\n".join(["all:", "  hosts:", *lines, "    h31: {timezone: UTC}"]))
    assert found == [f"inventory/hosts.yml:33:21: {CHAIN.format('timezone', 'timezone')}"]


def test_a_template_names_the_place_inside_a_value(tmp_path: Path) -> None:
    text = "all:\n  hosts:\n    h:\n      packages:\n        - vim\n        - '{{ editor }}'\n"
    assert errors(tmp_path, text) == ["inventory/hosts.yml:6:11: 'editor' is undefined in '{{ editor }}'"]


DEFAULTS = {"packages": "[]", "timezone": '"UTC"', "locale": "null", "serial": "null"}
NAMES = {
    "accounts: [{name: alice}]": "accounts: the value is not a mapping of settings",
    "accounts: {alice: {}}": "accounts.alice: unknown setting; ./deploy.py settings shows what there is",
    "accounts: {pam: false, password_days: 30}": "accounts: password_days is for PAM to keep, and needs pam: true",
    "packages: [{name: vim}]": "packages[0]: {'name': 'vim'} is not the name of a Debian package",
    "timezone: {name: UTC}": "timezone: {'name': 'UTC'} is not a time zone such as Europe/Berlin",
    "locale: [en]": "locale: ['en'] is not a locale such as en_GB.UTF-8",
    "kernel: '6.1'": "kernel: '6.1' is not a mapping of settings",
    "ssh: {port: 22}": "ssh.port: unknown setting; ./deploy.py settings shows what there is",
    "ssh: /usr/bin/ssh": "ssh: '/usr/bin/ssh' is not a mapping of settings",
    "firewall: nftables": "firewall: 'nftables' is not a mapping of settings",
    "updates: true": "updates: true is not a mapping of settings",
    "time_sync: [a.pool.test]": "time_sync: ['a.pool.test'] is not a mapping of settings",
    "tls: {cert: /etc/x}": "tls.cert: unknown setting; ./deploy.py settings shows what there is",
    "serial: VMware-56": "serial: 'VMware-56' is not a number of hosts or a percentage, for example 1 or 25%",
}


@pytest.mark.parametrize("line", NAMES)
def test_a_variable_for_ansible_with_the_name_of_a_setting(line: str, tmp_path: Path) -> None:
    name = line.partition(":")[0]
    instead = f"windlass_{name}: {DEFAULTS.get(name, '{}')}"
    [found] = errors(tmp_path, f"all:\n  hosts: {{h: }}\n  vars:\n    {line}\n")
    assert found.split(": ", 1)[1] == (
        f"{NAMES[line]}; is this a variable for Ansible? keep it, and add `{instead}`, which Windlass reads in its"
        " place"
    )
    beside = f"all:\n  hosts: {{h: }}\n  vars:\n    {line}\n    {instead}\n"
    assert list(inventory(tmp_path, beside).variables_of("h")) == [name, f"windlass_{name}"]


OWN_NAMES = """
    ntp_timezone time_zone system_timezone timezone_name timezone2 php_packages pki_packages mypackages packages_extra
    ssh_host_key host_keys_dir my_host_key default_locale locales_list locale_lang nginx_tls tls_version webapps myapps
    docker_firewall firewall_rules sshd_port ssh_port serial_port kernel_modules timesync time_sync_enabled appserver
    apps_dir local_packages updates_enabled auto_updates user_accounts account_name journald_max_size
"""
WORDS = [
    "account: alice",
    "account: {name: alice}",
    "app: shop",
    "app: {name: shop, port: 80}",
    "app: {}",
    "firewalld: true",
    "local: true",
    "package: [vim]",
    "sshd: {PermitRootLogin: 'no'}",
    "update: true",
    "updated: {managed: 5, at: noon}",
    "updater: {at: noon}",
    "aps: [hall, attic]",
    *(f"{name}: x" for name in OWN_NAMES.split()),
]


@pytest.mark.parametrize("line", WORDS)
def test_a_word_of_ansibles_users_that_is_like_a_setting_is_a_variable(line: str, tmp_path: Path) -> None:
    found = inventory(tmp_path, f"all:\n  hosts: {{h: }}\n  vars:\n    {line}\n")
    assert list(found.variables_of("h")) == [line.partition(":")[0]]


SLIPS = {
    "account: {managed: false}": "accounts",
    "app: {shop: {source: s, wsgi: 's:a'}}": "apps",
    "update: {managed: false}": "updates",
    "sshd: {permit_root: true}": "ssh",
    "firewal: ufw": "firewall",
    "windlass_app: {}": "windlass_apps",
}


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_that_has_the_settings_in_it_is_one(line: str, tmp_path: Path) -> None:
    [found] = errors(tmp_path, f"all:\n  hosts: {{h: }}\n  vars:\n    {line}\n")
    name = line.partition(":")[0]
    assert re.search(f"4:5: .*setting {name!r}; did you mean {SLIPS[line]!r}[?]", found)


def test_a_slip_in_such_a_setting_is_no_variable_for_ansible(tmp_path: Path) -> None:
    text = "all: {hosts: {h: {ssh: {permit_roots: true}, updates: {managed: 5}}}}"
    assert errors(tmp_path, text) == [
        "inventory/hosts.yml:1:25: ssh.permit_roots: unknown setting; did you mean 'permit_root'?",
        "inventory/hosts.yml:1:65: updates.managed: 5 is not true or false",
    ]

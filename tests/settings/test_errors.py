"""Every mistake in a setting: its exact message. Where it stands is tested in test_inventory_errors.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import errors

HOST = {
    "timezone: Mars/Base": "timezone: 'Mars/Base' is not a time zone of this machine (timedatectl list-timezones)",
    "timezone: 5": (
        "timezone: 5 is not a time zone such as Europe/Berlin; is this a variable for Ansible? "
        'keep it, and add `windlass_timezone: "UTC"`, which Windlass reads in its place'
    ),
    "timezone: 'UTC; x'": "timezone: 'UTC; x' is not a time zone such as Europe/Berlin",
    "locale: english": "locale: 'english' is not a locale such as en_GB.UTF-8",
    "packages: ['Vim!']": "packages[0]: 'Vim!' is not the name of a Debian package",
    "packages: [vim-]": (
        "packages[0]: 'vim-' is more than a name to apt, which removes a package so; packages are only installed"
    ),
    "packages: [vim+]": (
        "packages[0]: 'vim+' is more than a name to apt, which leaves out the +; packages are only installed"
    ),
    "packages: [libc.]": (
        "packages[0]: 'libc.' is more than a name to apt, which takes . for any letter; packages are only installed"
    ),
    **{
        f"packages: ['{name}']": (
            f"packages[0]: '{name}': write 'vim' alone; which version of it, apt's own preferences on the host decide"
        )
        for name in ("vim=2:9.0", "vim/bookworm", "vim:amd64")
    },
    "journald_max_use: 99999999T": "journald_max_use: '99999999T' is more than any host has",
    "packages: {vim: }": (
        "packages: {'vim': None} is not a list; is this a variable for Ansible? "
        "keep it, and add `windlass_packages: []`, which Windlass reads in its place"
    ),
    "packages: vim": "packages: 'vim' is not a list; write [vim]",
    "time_sync: {managed: 'no'}": "time_sync.managed: 'no' is not true or false",
    "kernel: {manged: false}": "kernel.manged: unknown setting; did you mean 'managed'?",
    "journald_max_use: 500MB": "journald_max_use: '500MB' is not a size such as 512M or 2G, or off",
    "serial: 0": (
        "serial: '0' is not a number of hosts or a percentage, for example 1 or 25%; is this a "
        "variable for Ansible? keep it, and add `windlass_serial: null`, which Windlass reads in its place"
    ),
    "serial: 101%": (
        "serial: '101%' is not a number of hosts or a percentage, for example 1 or 25%; is this a "
        "variable for Ansible? keep it, and add `windlass_serial: null`, which Windlass reads in its place"
    ),
    "ssh: {permit_root: prohibit-password}": "ssh.permit_root: 'prohibit-password' is not true or false",
    "ssh: {tcp_forwardin: true}": "ssh.tcp_forwardin: unknown setting; did you mean 'tcp_forwarding'?",
    "firewall: {allow: [http]}": (
        "firewall.allow[0]: 'http' is not a port such as 8443, 53/udp, 6000-6010 or 5432 from 10.0.0.0/8"
    ),
    "firewall: {allow: ['80; flush ruleset']}": (
        "firewall.allow[0]: '80; flush ruleset' is not a port such as 8443, 53/udp, 6000-6010 or 5432 from 10.0.0.0/8"
    ),
    "firewall: {allow: ['70000']}": "firewall.allow[0]: '70000': ports go from 1 to 65535, the lower one first",
    "firewall: {allow: ['6010-6000']}": (
        "firewall.allow[0]: '6010-6000': ports go from 1 to 65535, the lower one first"
    ),
    "firewall: {allow: ['22 from 10.0.0.1/8']}": (
        "firewall.allow[0]: '22 from 10.0.0.1/8': 10.0.0.1/8 has host bits set"
    ),
    "firewall: {allow: ['22 from 10.0.0']}": (
        "firewall.allow[0]: '22 from 10.0.0': '10.0.0' does not appear to be an IPv4 or IPv6 network"
    ),
    "firewall: {ssh_rate: -1}": "firewall.ssh_rate: -1 is less than 0",
    "firewall: {ssh_rate: 10001}": "firewall.ssh_rate: 10001 is more than 10000",
    "tls: {mode: http}": "tls.mode: 'http' is not one of 'letsencrypt', 'self-signed' or 'off'",
    "tls: {email: me}": "tls.email: 'me' is not an e-mail address such as ops@example.com",
    "tls: {staging: 'yes'}": "tls.staging: 'yes' is not true or false",
    "tls: {directory_url: 'http://a.test/d'}": (
        "tls.directory_url: 'http://a.test/d' is not the https:// address of an ACME directory"
    ),
    "tls: {hsts: forever}": "tls.hsts: 'forever' is not one of 'off', 'on', 'subdomains' or 'preload'",
    "tls: {profile: old}": "tls.profile: 'old' is not one of 'modern' or 'intermediate'",
    "tls: {ca_file: ''}": "tls.ca_file: '' is not a path",
    "tls: 5": (
        "tls: 5 is not a mapping of settings; is this a variable for Ansible? "
        "keep it, and add `windlass_tls: {}`, which Windlass reads in its place"
    ),
    "nginx_sandbox: 'on'": "nginx_sandbox: 'on' is not true or false",
    "apps: {Shop: {}}": (
        "apps.Shop: 'Shop' is not an app name: a small letter, then up to 30 small letters, digits and "
        "dashes (it names a Unix user too)"
    ),
    "apps: {nginx: {}}": (
        "apps.nginx: 'nginx' is a name of the system itself; an app's name becomes a Unix user and a unit"
    ),
    "apps: {5: {}}": (
        "apps[5]: 5 is not an app name: a small letter, then up to 30 small letters, digits and dashes "
        "(it names a Unix user too)"
    ),
    "apps: {systemd-x: {}}": (
        "apps.systemd-x: 'systemd-x' is a name of the system itself; an app's name becomes a Unix user and a unit"
    ),
}

APP = {
    "source: ''": (
        "apps.a.source: '' is neither a folder nor a git URL (https://..., ssh://..., user@host:path, file://...)"
    ),
    "source: -x": (
        "apps.a.source: '-x' is neither a folder nor a git URL (https://..., ssh://..., user@host:path, file://...)"
    ),
    "source: 'https://a.test/x.git#subdirectory=web'": (
        "apps.a.source: 'https://a.test/x.git#subdirectory=web': a branch or folder after # belongs into `ref` and"
        " `subdirectory`"
    ),
    "source: 'https://a.test/me/x/tree/main/examples/web'": (
        "apps.a.source: 'https://a.test/me/x/tree/main/examples/web' is a page about a folder; write"
        " `source: https://a.test/me/x`, `ref: main` and `subdirectory: examples/web`"
    ),
    "source: 'ext::sh -c x'": (
        "apps.a.source: 'ext::sh -c x' is neither a folder nor a git URL (https://..., ssh://..., "
        "user@host:path, file://...)"
    ),
    "source: 'http://a.test/x.git'": (
        "apps.a.source: 'http://a.test/x.git' is neither a folder nor a git URL (https://..., "
        "ssh://..., user@host:path, file://...)"
    ),
    "source: 'https://me:pw@a.test/x.git'": (
        "apps.a.source: a password in a git URL ends up in the repository; use an SSH key or a credential helper"
    ),
    'source: "a\\nb"': "apps.a.source: 'a\\nb' must be one line without control characters",
    "ref: main": "apps.a.ref: ref is for a git URL, and source is the folder 's'",
    "source: 'https://a.test/x.git', ref: 'a b'": (
        "apps.a.ref: 'a b' is not a git branch, tag or commit, for example v1.2"
    ),
    "requirements: [flask, '-r x']": "apps.a.requirements: '-r x' is not a requirement such as flask or redis>=5",
    "wsgi: shop": (
        'apps.a.wsgi: \'shop\' is not MODULE:APP or MODULE:FACTORY(), for example "shop:app" or "shop:create_app()"'
    ),
    "wsgi: 'shop/app.py:create_app()'": (
        "apps.a.wsgi: 'shop/app.py:create_app()' names a file; as a module it is 'shop.app:create_app()'"
    ),
    "wsgi: app.py": "apps.a.wsgi: 'app.py' names a file; as a module it is 'app:app'",
    "wsgi: 'shop:create_app(x)'": (
        "apps.a.wsgi: 'shop:create_app(x)' is not MODULE:APP or MODULE:FACTORY(), for example "
        '"shop:app" or "shop:create_app()"'
    ),
    "python_path: src": "apps.a.python_path: 'src' is not a list; write [src]",
    "python_path: [../src]": (
        "apps.a.python_path[0]: '../src' is not a path inside the app's source, for example shop/static"
    ),
    "requirements: /etc/x": (
        "apps.a.requirements: '/etc/x' is not a file of the source, for example requirements/prod.txt, or a list such"
        " as [flask, redis>=5]"
    ),
    "packages: [a b]": "apps.a.packages[0]: 'a b' is not the name of a Debian package",
    "release_command: ''": "apps.a.release_command: '' is not a command",
    'release_command: "flask \'db"': 'apps.a.release_command: "flask \'db" is not a command: no closing quotation',
    'release_command: "a\\nb"': "apps.a.release_command: 'a\\nb' must be one line without control characters",
    "release_timeout: 0": "apps.a.release_timeout: 0 is less than 1",
    "run_once: once": "apps.a.run_once: 'once' is not true or false",
    "health_path: healthz": "apps.a.health_path: 'healthz' is not a path of the app, for example /healthz",
    "health_timeout: 3601": "apps.a.health_timeout: 3601 is more than 3600",
    "watch: -1": "apps.a.watch: -1 is less than 0",
    "max_failed_requests: -1": "apps.a.max_failed_requests: -1 is less than 0",
    "drain_timeout: 3601": "apps.a.drain_timeout: 3601 is more than 3600",
    "keep_releases: 0": "apps.a.keep_releases: 0 is less than 1",
    "domains: []": "apps.a.domains: at least one is needed",
    "domains: a.test": "apps.a.domains: 'a.test' is not a list; write [a.test]",
    "domains: ['https://a.test']": (
        "apps.a.domains[0]: 'https://a.test' is not a domain: write the name alone, without https:// and path"
    ),
    "domains: ['*.a.test']": (
        "apps.a.domains[0]: '*.a.test': a wildcard certificate needs DNS-01, and Windlass proves "
        "domains over HTTP (HTTP-01); list each domain"
    ),
    "domains: [a_b.test]": "apps.a.domains[0]: 'a_b.test' is not a domain such as www.example.com",
    "domains: [192.0.2.1]": "apps.a.domains[0]: '192.0.2.1' is an IP address; a domain is a name",
    "domains: [straße.test]": (
        "apps.a.domains[0]: 'straße.test' is read in two ways (IDNA 2003 and 2008): write its xn-- form"
    ),
    "domains: ['é..test']": "apps.a.domains[0]: 'é..test' is not a domain such as www.example.com",
    "tls: {profile: modern}": "apps.a.tls.profile: unknown setting; ./deploy.py settings shows what there is",
    "env: [A]": "apps.a.env: the value is not a mapping of names",
    "env: {A B: x}": "apps.a.env.A B: 'A B' is not a name of an environment variable (letters, digits and _)",
    "env: {LD_PRELOAD: x}": (
        "apps.a.env.LD_PRELOAD: LD_PRELOAD is set by systemd, Gunicorn or the loader: changing it "
        "breaks or hijacks the process (if you mean it: allow_env: [LD_PRELOAD])"
    ),
    "env: {PATH: /bin}": (
        "apps.a.env.PATH: PATH is set by systemd, Gunicorn or the loader: changing it breaks or "
        "hijacks the process (if you mean it: allow_env: [PATH])"
    ),
    "env: {A: [1]}": "apps.a.env.A: YAML does not read the value of A as text: put it in quotes",
    'env: {A: "a\\0b"}': (
        "apps.a.env.A: the value of A has a NUL character in it, which no environment variable can carry"
    ),
    'env: {A: "\\uffff"}': (
        "apps.a.env.A: the value of A has U+FFFF in it, which is no character of Unicode text: systemd "
        "refuses a file of variables with it"
    ),
    "env: {FLASK_DEBUG: true}": (
        "apps.a.env.FLASK_DEBUG: FLASK_DEBUG=true would start the app in debug mode: the debugger lets "
        "any visitor run code on the host"
    ),
    "env: {FLASK_ENV: development}": (
        "apps.a.env.FLASK_ENV: FLASK_ENV=development would start the app in debug mode: the debugger "
        "lets any visitor run code on the host; leave it out or say production"
    ),
    "env: {WERKZEUG_DEBUG_PIN: 'off'}": (
        "apps.a.env.WERKZEUG_DEBUG_PIN: WERKZEUG_DEBUG_PIN belongs to the debugger, and the debugger "
        "lets any visitor run code on the host"
    ),
    "env: {SECRET_KEY: hunter2}": (
        "apps.a.env.SECRET_KEY: SECRET_KEY looks like a secret, and the inventory is committed: "
        "./deploy.py secrets set SECRET_KEY"
    ),
    "env: {DB: 'postgres://a:hunter2@b/c'}": (
        "apps.a.env.DB: DB looks like a secret, and the inventory is committed: ./deploy.py secrets set DB"
    ),
    "env_file: 5": "apps.a.env_file: 5 is not a path",
    'env_file: "a\\nb"': "apps.a.env_file: 'a\\nb' must be one line without control characters",
    "secrets: {A B: {env: X}}": (
        "apps.a.secrets.A B: 'A B' is not a name of an environment variable (letters, digits and _)"
    ),
    "secrets: {A: {}}": (
        "apps.a.secrets.A: either a `command` or `env` is needed: {command: op read op://shop/key} or {env: NAME}"
    ),
    "secrets: {A: {env: X, command: y}}": (
        "apps.a.secrets.A: either a `command` or `env` is needed: {command: op read op://shop/key} or {env: NAME}"
    ),
    "secrets: {A: {command: ''}}": "apps.a.secrets.A.command: '' is not a command",
    "secrets: {A: {env: X, timeout: 601}}": "apps.a.secrets.A.timeout: 601 is more than 600",
    "required_env: [A B]": (
        "apps.a.required_env[0]: 'A B' is not a name of an environment variable (letters, digits and _)"
    ),
    "allow_env: [5]": "apps.a.allow_env[0]: 5 is not text; put it in quotes",
    "static: {static: x}": "apps.a.static.static: 'static' is not the beginning of a URL path, for example /static",
    "static: {/static: ../x}": (
        "apps.a.static./static: '../x' is not a path inside the app's source, for example shop/static"
    ),
    "static: {/a: x, /a/: y}": "apps.a.static: '/a' and '/a/' differ in their last / only",
    "static: {/.well-known/acme-challenge/x: y}": (
        "apps.a.static: /.well-known/acme-challenge/x belongs to the ACME challenge"
    ),
    "gunicorn: {workers: 0}": "apps.a.gunicorn.workers: 0 is less than 1",
    "gunicorn: {threads: 1025}": "apps.a.gunicorn.threads: 1025 is more than 1024",
    "gunicorn: {worker_class: 'a b'}": (
        "apps.a.gunicorn.worker_class: 'a b' is not a Gunicorn worker class, for example gthread"
    ),
    "gunicorn: {timeout: 0}": "apps.a.gunicorn.timeout: 0 is less than 1",
    "gunicorn: {version: 23}": "apps.a.gunicorn.version: 23 is not text; put it in quotes",
    "gunicorn: {version: latest}": ("apps.a.gunicorn.version: 'latest' is not a version such as 23.0.0"),
    "gunicorn: {bind: x}": "apps.a.gunicorn.bind: unknown setting; ./deploy.py settings shows what there is",
    "nginx: {body_limit: 10mb}": "apps.a.nginx.body_limit: '10mb' is not a size such as 10m",
    "nginx: {proxy_timeout: 0}": "apps.a.nginx.proxy_timeout: 0 is less than 1",
    "limits: {burst: 0}": "apps.a.limits.burst: 0 is less than 1",
    "limits: {exempt: [office]}": (
        "apps.a.limits.exempt[0]: 'office' is not an address or network such as 198.51.100.7 or 2001:db8::/32"
    ),
    "limits: {rate: 5}": "apps.a.limits.rate: unknown setting; ./deploy.py settings shows what there is",
    "sandbox: {network: none}": "apps.a.sandbox.network: 'none' is not one of 'isolated', 'loopback' or 'network'",
    "sandbox: {writable_paths: [uploads]}": (
        "apps.a.sandbox.writable_paths[0]: 'uploads' is not an absolute path of letters, digits and . "
        "_ + @ -, for example /mnt/uploads"
    ),
    "sandbox: {writable_paths: [/a/../b]}": (
        "apps.a.sandbox.writable_paths[0]: '/a/../b' is not a plain path: write it without . and .. "
        "and without a / at its end"
    ),
    "sandbox: {writable_paths: [/etc/x]}": (
        "apps.a.sandbox.writable_paths[0]: '/etc/x' belongs to the system; an app's own data goes into /var/lib/APP"
    ),
    "sandbox: {allow: [root]}": (
        "apps.a.sandbox.allow[0]: 'root' is not one of 'devices', 'metadata', 'namespaces', 'proc', 'system-calls' "
        "or 'write-execute'"
    ),
    "memory_max: 1.5G": "apps.a.memory_max: '1.5G' is not a size such as 512M or 2G",
    "tasks_max: 15": "apps.a.tasks_max: 15 is less than 16",
}

NEEDED = {"source": "source: s", "wsgi": "wsgi: 's:a'", "domains": "domains: [a.test]"}


def messages(folder: Path, line: str) -> list[str]:
    """What is said of a variable, without the place."""
    found = errors(folder, f"all:\n  hosts: {{h: }}\n  vars:\n    {line}\n")
    return [line.split(": ", 1)[1] for line in found]


def of_app(folder: Path, line: str) -> list[str]:
    """The same of a setting of the app `a`, which has all else that it needs."""
    there = [given for name, given in NEEDED.items() if not line.startswith(f"{name}:") and f", {name}:" not in line]
    return messages(folder, f"apps: {{a: {{{', '.join([line, *there])}}}}}")


@pytest.mark.parametrize("line", HOST)
def test_of_a_host(line: str, tmp_path: Path) -> None:
    assert messages(tmp_path, line)[0] == HOST[line]


@pytest.mark.parametrize("line", APP)
def test_of_an_app(line: str, tmp_path: Path) -> None:
    assert of_app(tmp_path, line) == [APP[line]]


def test_a_domain_that_is_too_long(tmp_path: Path) -> None:
    name = ".".join(["a" * 60] * 5)
    assert of_app(tmp_path, f"domains: [{name}]") == [
        f"apps.a.domains[0]: '{name}' has 304 characters; a domain has at most 253"
    ]


def test_a_variable_that_is_too_long(tmp_path: Path) -> None:
    assert of_app(tmp_path, f"env: {{A: {'a' * 131072}}}") == [
        (
            "apps.a.env.A: the value of A is too long: NAME=value takes 131075 bytes, and Linux gives one "
            "variable 131072; put it into a file of the app"
        )
    ]


@pytest.mark.parametrize("name", ["nginx", "limits", "sandbox", "tls", "gunicorn"])
def test_an_app_with_the_name_of_a_setting(name: str, tmp_path: Path) -> None:
    found = messages(tmp_path, f"apps: {{{name}: {{souce: s, wsgi: 's:a', domains: [a.test]}}}}")
    assert f"apps.{name}.souce: unknown setting; did you mean 'source'?" in found

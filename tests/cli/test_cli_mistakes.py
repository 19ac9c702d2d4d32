"""Every mistake on a command line: the whole message, one of the two exit statuses, and no traceback."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.projects import project
from windlass.cli.cli import run

INVENTORY = """\
web:
  hosts: {web1: , web2: }
  vars:
    apps:
      shop: {source: shop, wsgi: 'shop:app', domains: [shop.test]}
      blog: {source: blog, wsgi: 'blog:app', domains: [blog.test]}
db: {hosts: {db1: }}
local: {hosts: {here: {ansible_connection: local}}}
"""
# What click itself finds wrong begins with the command's usage.
USAGE = r"Usage: deploy\.py [^\n]+\nTry 'deploy\.py( \w+)* --help' for help\.\n\n"
EMPTY = {
    "provison": "Error: No such command 'provison'. Did you mean 'provision'?",
    "frobnicate": (
        "Error: No such command 'frobnicate'. There are: init, provision, deploy, rollback, releases, audit, "
        "remove, status, logs, run, ssh, facts, secrets, inventory, settings, completion, lab."
    ),
    "provision": "Error: Missing argument 'HOST...'.",
    "provision web --chek": "Error: No such option '--chek'. (Did you mean one of: '--check', '--help'?)",
    "provision web --forks 0": "Error: Invalid value for '--forks': 0 is not in the range 1<=x<=100.",
    "provision lab": "error: unknown host or group 'lab'\n  there is no lab yet: ./deploy.py lab up",
    "provision web --serial x": (
        "Error: Invalid value for '--serial': 'x' is not a number of hosts or a percentage, for example 1 or 25%"
    ),
    "provision web --quiet -v": "Error: --quiet and --verbose exclude each other.",
    "provision web --tags ngnix": "Error: Invalid value for '--tags': no role 'ngnix'. Did you mean 'nginx'?",
    "provision web --skip-tags base,zzz": (
        "Error: Invalid value for '--skip-tags': no role 'zzz'. There are: base, ssh, firewall, "
        "updates, accounts, kernel, nginx, certbot, app, venv, release, site, tls, visitors."
    ),
    "provision web --start-at relase": (
        "Error: Invalid value for '--start-at': no role 'relase'. Did you mean 'release'?"
    ),
    "provision web --tags base,nginx --skip-tags nginx --start-at nginx": (
        "Error: --tags and --skip-tags and --start-at leave none of the roles base, ssh, firewall, "
        "updates, accounts, kernel, nginx, certbot, app, venv, release, site, tls, visitors."
    ),
    "settings nosuch": "error: there is no setting 'nosuch'\n  ./deploy.py settings shows all",
    "run nosuch": "error: there is no command\n  Write it behind two dashes: run HOST -- flask shell",
    "logs nosuch --since yesterdayish": (
        "Error: Invalid value for '--since': 'yesterdayish' is not a time; write for example 10min, "
        "2h, 3d, today, yesterday, 08:30, '2026-11-21 08:30'"
    ),
    "logs nosuch --since 2999-01-01": "Error: Invalid value for '--since': '2999-01-01' lies in the future",
    "logs nosuch --grep '('": (
        "Error: Invalid value for '--grep': '(' is not a regular expression: missing ), unterminated "
        "subpattern at position 0"
    ),
    "logs nosuch -n -1": "Error: Invalid value for '-n' / '--lines': -1 is not in the range 0<=x<=100000.",
    "completion tcsh": "Error: Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish'.",
    "completion bash --alias 'a b'": (
        "Error: Invalid value for --alias: 'a b' is not the name of an alias (letters, digits and . _ -)"
    ),
    "lab up --hosts 0": "Error: Invalid value for '--hosts': 0 is not in the range 1<=x<=200.",
    "lab up --image windows": ("Error: Invalid value for '--image': 'windows' is not one of 'debian:12', 'debian:13'."),
    "lab up --image windows --hosts 1": (
        "Error: Invalid value for '--image': 'windows' is not one of 'debian:12', 'debian:13'."
    ),
    "lab nosuch": "Error: No such command 'nosuch'.",
    "secrets nosuch": "Error: No such command 'nosuch'.",
    "secrets set A hunter2": (
        "error: a value on the command line is seen by every user of this machine (ps) and kept by the "
        "shell (history)\n  Leave it out: it is asked for, or read from stdin. The one just typed "
        "should be changed."
    ),
    "secrets set A --group x --host y": ("error: --group and --host exclude each other: a file belongs to one of them"),
    "secrets show": "Error: Missing argument 'KEY'.",
    "status": "Error: Missing argument 'HOST...'.",
    "provision a -e x": "error: -e: 'x' is not KEY=VALUE (for example apps.shop.ref=v2) or @FILE",
    "provision a -e @": "error: -e: '@' is not KEY=VALUE (for example apps.shop.ref=v2) or @FILE",
    "provision a -e @gone.yml": "error: gone.yml: cannot be read: No such file or directory",
    "provision '~('": "error: '~(' is not a regular expression: missing ), unterminated subpattern at position 0",
}
NO_HOSTS = (
    "error: unknown host or group 'nosuch'\n  the inventory has no hosts: ./deploy.py init SOURCE "
    "--host HOST adds one, or try ./deploy.py lab up"
)
COMMANDS = "audit, deploy, facts, inventory --host, logs, provision, releases, rollback, ssh, status"
EMPTY |= {f"{command} nosuch": NO_HOSTS for command in COMMANDS.split(", ")}
EMPTY |= dict.fromkeys(("run nosuch -- x", "deploy nosuch --app x", "provision nosuch --limit b"), NO_HOSTS)


WITH = {
    "provision wbe": "error: unknown host or group 'wbe'\n  did you mean 'web'?",
    "provision web5": "error: unknown host or group 'web5'\n  did you mean 'web'?",
    "provision 'web:!web'": "error: no host matches 'web:!web'\n  ./deploy.py inventory shows what there is",
    "provision 'x*'": "error: no host or group matches 'x*'\n  ./deploy.py inventory shows what there is",
    "provision web[7]": "error: 'web[7]': there are only 2 hosts",
    "provision ''": "error: '' names no host\n  ./deploy.py inventory shows what there is",
    "provision web --limit ''": "error: '' names no host\n  ./deploy.py inventory shows what there is",
    "provision here": (
        "error: 'here' is not reached by SSH but by ansible_connection 'local'\n"
        "  Windlass goes by SSH alone: name another host, or remove ansible_connection"
    ),
    "provision web --limit db": "error: --limit 'db' leaves no host\n  ./deploy.py inventory shows what there is",
    "provision web --limit nosuch": (
        "error: unknown host or group 'nosuch'\n  ./deploy.py inventory shows what there is"
    ),
    "ssh web": "error: ssh goes to one host, and 'web' means 2\n  ./deploy.py inventory shows which",
    "inventory --host web": "error: --host takes one host, and 'web' means 2\n  ./deploy.py inventory shows which",
    "run web -- flask": "error: which app of web1? there are shop, blog: name one with --app",
    "run web1 -- flask": "error: which app of web1? there are shop, blog: name one with --app",
    "run web1 flask shell": "error: there is no command\n  Write it behind two dashes: run HOST -- flask shell",
    "ssh web1 uptime now": (
        "Error: Got unexpected extra argument (uptime now). A command goes behind dashes: -- uptime now"
    ),
    "ssh web1 ls -l": "Error: No such option '-l'. Those of a command go behind dashes with it: -- COMMAND...",
    "ssh web1 --port 2 -- ls -l": "Error: No such option '--port'.",
    "run web1 --app shpo -- flask": "error: there is no app 'shpo' on web1\n  did you mean 'shop'?",
    "run db1 -- flask": "error: there are no apps on db1\n  add one to the inventory: ./deploy.py settings apps",
    "logs db1": "error: there are no apps on db1\n  add one to the inventory: ./deploy.py settings apps",
    "logs web1 --app shpo": "error: there is no app 'shpo' on web1\n  did you mean 'shop'?",
    "deploy web1 --app shpo": "error: there is no app 'shpo' on web1\n  did you mean 'shop'?",
    "rollback web1": "error: web1 has the apps shop and blog\n  Name one of them with --app.",
    "rollback web1 --app shpo": "error: there is no app 'shpo' on web1\n  did you mean 'shop'?",
    "rollback web1 --to": "Error: Option '--to' requires an argument.",
    "releases web1 --app shpo": "error: there is no app 'shpo' on web1\n  did you mean 'shop'?",
    "deploy web1 -e apps.shpo.ref=v2": (
        "error: -e apps.shpo.ref: none of the chosen hosts has an app 'shpo'\n  did you mean 'shop'?"
    ),
    "deploy web1 -e apps=x": (
        "error: -e apps: apps: no apps of Windlass, each a mapping with source, wsgi and domains; is this a variable"
        " for Ansible? keep it, and add `windlass_apps: {}`, which Windlass reads in its place"
    ),
    "deploy web1 -e timezon=UTC": (
        "error: -e timezon: unknown setting 'timezon'; did you mean 'timezone'? A variable of your own "
        "needs another name"
    ),
    "deploy web1 -e 'timezone={{ nope }}'": "error: -e timezone: 'nope' is undefined in '{{ nope }}'",
    "deploy web1 -e SECRET_KEY=x": (
        "error: -e SECRET_KEY: this looks like a secret, and others can see a command line: put it "
        "into a file, mode 0600: -e @FILE"
    ),
    "deploy web1 -e @gone.yml": "error: gone.yml: cannot be read: No such file or directory",
    "provision web1 --ask-pass": (
        "error: --ask-pass: nobody answers\n  It asks on a terminal; without one, log in by key."
    ),
    "provision web1 --ask-sudo-pass": (
        "error: --ask-sudo-pass: nobody answers\n  It asks on a terminal; without one, log in by key."
    ),
    "provision web1": (
        "error: app shop: shop: there is no such folder ({project}/shop)\n  `source` is a folder "
        "relative to the one with deploy.py, or a git URL."
    ),
    "deploy web1": (
        "error: app shop: shop: there is no such folder ({project}/shop)\n  `source` is a folder "
        "relative to the one with deploy.py, or a git URL."
    ),
    "provision web1 --tags nginx,": (
        "Error: Invalid value for '--tags': no role ''. There are: base, ssh, firewall, updates, accounts, "
        "kernel, nginx, certbot, app, venv, release, site, tls, visitors."
    ),
    "settings nosuch": "error: there is no setting 'nosuch'\n  ./deploy.py settings shows all",
    "settings ''": "error: there is no setting ''\n  ./deploy.py settings shows all",
    "settings timezon": "error: there is no setting 'timezon'\n  did you mean 'timezone'?",
    "settings apps.nosuch.wsgy": "error: there is no setting 'apps.nosuch.wsgy'\n  did you mean 'apps.NAME.wsgi'?",
    "run web --terminal -- sh": "Error: No such option '--terminal'. Did you mean '--no-terminal'?",
    "secrets show NOPE": (
        "error: NOPE is not set in {project}/inventory/secrets/all.yml.age\n  ./deploy.py secrets "
        "list shows what there is"
    ),
    "secrets set A --group nosuch": (
        "error: there is no group or host 'nosuch'\n  ./deploy.py inventory shows what there is"
    ),
    "secrets set A --group wbe": "error: there is no group or host 'wbe'\n  did you mean 'web'?",
    "secrets set A --host nosuch": (
        "error: there is no group or host 'nosuch'\n  ./deploy.py inventory shows what there is"
    ),
    "secrets set A": (
        "error: {project}/inventory/secrets/recipients.txt: does not exist, so nobody could open a secret\n"
        "  ./deploy.py secrets init"
    ),
    "secrets show A-B": "error: 'A-B' is not a name of an environment variable (letters, digits and _)",
    "secrets unsett NOPE": "Error: No such command 'unsett'. (Did you mean one of: 'set', 'unset'?)",
    "secrets list --group nosuch": "Error: No such option '--group'.",
}


def said(line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a mistake is answered with."""
    assert run(["--project", str(folder), *shlex.split(line)]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    message = heard.err.replace(str(folder), "{project}").removesuffix("\n")
    assert message.startswith(("error: ", "Error: ", "Usage: "))
    return re.sub(f"^{USAGE}", "", message)


@pytest.mark.parametrize("line", EMPTY)
def test_in_a_project_without_hosts(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(line, tmp_path, capsys) == EMPTY[line]


@pytest.mark.parametrize("line", WITH)
def test_in_a_project_with_hosts(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(line, project(tmp_path, INVENTORY), capsys) == WITH[line]


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", "/nosuch", "inventory"]) == 2
    assert re.sub(f"^{USAGE}", "", capsys.readouterr().err) == (
        "Error: Invalid value for '--project': Directory '/nosuch' does not exist.\n"
    )


@pytest.mark.parametrize("line", ["lab status", "lab ssh lab1"])
def test_no_lab(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(tmp_path), *line.split()]) == 1
    assert capsys.readouterr().err == "error: the lab is not up\n  run: ./deploy.py lab up\n"

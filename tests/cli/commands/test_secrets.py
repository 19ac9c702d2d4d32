"""`deploy.py secrets`, as a user runs it: real processes in a project of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answer_documents import held
from tests.lab.commands import ROOT
from tests.projects import project
from tests.secrets.command import CANARY, Secrets, begun
from tests.secrets.projects import HOSTS
from tests.secrets.terminal import on_a_terminal
from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.output.answer_document import SecretDocument


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Secrets]:
    """A project where `secrets init` has been run."""
    with begun(tmp_path) as found:
        yield found


THERE = (
    "error: inventory/secrets/recipients.txt is there already\n"
    "  Change who can open the secrets there (keys, or 'passphrase' as the only line), then:"
    " ./deploy.py secrets rekey\n"
)


def test_init_makes_a_key_where_there_is_none(secrets: Secrets) -> None:
    identity = secrets.home / ".config/windlass/identity.txt"
    assert identity.stat().st_mode & 0o777 == 0o600
    public = identity.read_text().splitlines()[0].removeprefix("# public key: ")
    assert secrets.file("recipients.txt").read_text().splitlines()[-1] == public
    assert secrets("init").out == (
        f"your key is that of {identity}\ninventory/secrets/recipients.txt is there already, and your key in it\n"
    )
    assert secrets("init", "--passphrase", status=2).err == THERE
    secrets.file("recipients.txt").unlink()
    assert f"your key is that of {identity}" in secrets("init").out


def test_init_tells_a_colleague_what_is_missing(secrets: Secrets, tmp_path: Path) -> None:
    secrets("set", "TOKEN", stdin=CANARY)
    colleague = Secrets(secrets.folder, tmp_path / "colleague")
    colleague.home.mkdir()
    assert "adds your public key (secrets init tells it)" in colleague("list", status=2).err
    said = colleague("init").out
    assert "is there already, without your key. Somebody who can open the secrets adds this line to it" in said
    recipients = secrets.file("recipients.txt")
    recipients.write_text(recipients.read_text() + said.splitlines()[-1])
    assert secrets("rekey").out.startswith("1 file encrypted anew to 2 recipients\n")
    assert colleague("show", "TOKEN", "--reveal").out == CANARY
    recipients.write_text("passphrase\n")
    assert colleague("init", status=2).err == THERE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "AGE-SECRET-KEY-1HIDDEN\n",
            ": is neither an age identity (AGE-SECRET-KEY-1...) nor an SSH key of ed25519 or RSA",
        ),
        ("# nothing\n", ": there is no key in it\n  age-keygen makes one."),
    ],
)
def test_init_with_an_identity_that_is_none(secrets: Secrets, content: str, message: str) -> None:
    identity = secrets.home / ".config/windlass/identity.txt"
    identity.write_text(content)
    secrets.file("recipients.txt").unlink()
    assert secrets("init", status=2).err == f"error: {identity}{message}\n"
    assert identity.read_text() == content


def test_folders_that_a_group_may_write_to(tmp_path: Path) -> None:
    home, folder = tmp_path / "other", project(tmp_path / "project", HOSTS)
    (home / ".config/windlass").mkdir(parents=True)
    (folder / "inventory/secrets").mkdir()
    for path in (home, home / ".config", home / ".config/windlass", folder, *folder.glob("inventory/**")):
        if os.geteuid() == 0:
            os.chown(path, -1, 54321)
        path.chmod(0o775)
    with pytest.raises(Failed, match="others than root could replace"):
        files.check(str(folder / "inventory/secrets"))
    secrets = Secrets(folder, home)
    secrets("init")
    secrets("set", "A", stdin=CANARY)
    secrets("show", "A")  # makes the key of fingerprints
    assert secrets("show", "A", "--reveal").out == CANARY
    modes = [(home / ".config/windlass" / name).stat().st_mode & 0o777 for name in ("identity.txt", "fingerprint.key")]
    assert modes == [0o600, 0o600]


def test_init_takes_the_users_ssh_key(secrets: Secrets) -> None:
    (secrets.home / ".config/windlass/identity.txt").unlink()
    secrets.file("recipients.txt").unlink()
    (secrets.home / ".ssh").mkdir(mode=0o700)
    key = secrets.home / ".ssh/id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    assert f"your key is {key}.pub" in secrets("init").out
    secrets("set", "A", stdin=CANARY)
    assert secrets("show", "A", "--reveal").out == CANARY


def test_set_show_and_list(secrets: Secrets) -> None:
    assert secrets("set", "TOKEN", stdin=f"{CANARY}\n").out == (
        "TOKEN (15 characters) is set in inventory/secrets/all.yml.age\n"
    )
    assert secrets("set", "TOKEN", stdin=CANARY).out == (
        "TOKEN has this value already in inventory/secrets/all.yml.age\n"
    )
    secrets("set", "KEY", "--app", "shop", "--group", "web", stdin=" exact \n\n")
    secrets("set", "SAME", "--host", "db1", stdin=CANARY)
    assert secrets("show", "TOKEN", "--reveal").out == CANARY
    assert secrets("show", "KEY", "--app", "shop", "--group", "web", "--reveal").out == " exact \n"
    hidden = secrets("show", "TOKEN")
    assert hidden.out.startswith("inventory/secrets/all.yml.age:1: TOKEN, 15 characters, ")
    assert hidden.err == "--reveal prints it\n"
    rows = [line.split() for line in secrets("list").out.splitlines()]
    assert [row[:4] for row in rows] == [
        ["file", "app", "name", "length"],
        ["all", "(every)", "TOKEN", "15"],
        ["db1", "(every)", "SAME", "15"],
        ["web", "shop", "KEY", "8"],
    ]
    assert rows[1][4] == rows[2][4] != rows[3][4]
    assert all(len(row[4]) == 8 for row in rows[1:])


def test_list_for_a_program(secrets: Secrets) -> None:
    assert json.loads(secrets("list", "--json").out) == {"secrets": []}
    secrets("set", "TOKEN", stdin=CANARY)
    secrets("set", "KEY", "--app", "shop", "--group", "web", stdin="12345678")
    document = json.loads(secrets("list", "--json").out)
    held(dict[str, list[SecretDocument]], document)
    rows = [line.split() for line in secrets("list").out.splitlines()[1:]]
    assert [
        [each["file"], each["app"] or "(every)", each["name"], str(each["length"]), each["fingerprint"]]
        for each in document["secrets"]
    ] == rows
    assert document["secrets"][0]["app"] is None
    secrets.file("web.yml.age").write_text("garbage")
    said = secrets("list", "--json", status=2)
    assert json.loads(said.out)["error"] in said.err
    assert json.loads(said.out)["error"].startswith("inventory/secrets/web.yml.age: the file is no age file")


def test_fingerprints_are_this_users_own(secrets: Secrets) -> None:
    secrets("set", "TOKEN", stdin=CANARY)
    before = secrets("list").out
    assert secrets("list").out == before
    (secrets.home / ".config/windlass/fingerprint.key").unlink()
    assert secrets("list").out != before


SEEN = (
    "a value on the command line is seen by every user of this machine (ps) and kept by the shell (history)\n"
    "  Leave it out: it is asked for, or read from stdin. The one just typed should be changed."
)
HIJACKING = (
    "is set by systemd, Gunicorn or the loader: changing it breaks or hijacks the process"
    " (if you mean it: allow_env: [{}])"
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "A", CANARY], SEEN),
        (["set", f"A={CANARY}"], SEEN),
        (["set", "A"], "nothing came on stdin\n  some-program | ./deploy.py secrets set A"),
        (["set", "A-B"], "'A-B' is not a name of an environment variable (letters, digits and _)"),
        (["set", "A", "--app", "shpo"], "no host of 'all' has an app 'shpo'; did you mean 'shop'?"),
        (["set", "PATH"], f"PATH {HIJACKING.format('PATH')}"),  # before a value is asked for
        (["generate", "PATH"], f"PATH {HIJACKING.format('PATH')}"),
        (["set", "A", "--group", "wbe"], "there is no group or host 'wbe'\n  did you mean 'web'?"),
        (
            ["set", "A", "--group", "web", "--host", "web1"],
            "--group and --host exclude each other: a file belongs to one of them",
        ),
        (
            ["show", "A"],
            "A is not set in inventory/secrets/all.yml.age\n  ./deploy.py secrets list shows what there is",
        ),
        (["edit", "wbe"], "there is no group or host 'wbe'\n  did you mean 'web'?"),
    ],
)
def test_mistakes(secrets: Secrets, arguments: list[str], message: str) -> None:
    assert secrets(*arguments, status=2).err == f"error: {message}\n"
    assert not secrets.file("all.yml.age").exists()


@pytest.mark.parametrize(
    ("name", "stdin", "message"),
    [
        ("A", b"\xff" + CANARY.encode(), "what came on stdin is not UTF-8 text"),
        ("A", f"{CANARY}\0", "the value of A has a NUL character in it, which no environment variable can carry"),
        (
            "A",
            CANARY + "x" * 200_000,
            (
                "the value of A is too long: NAME=value takes 200018 bytes, and Linux gives one variable 131072;"
                " put it into a file of the app"
            ),
        ),
        ("LD_PRELOAD", CANARY, f"LD_PRELOAD {HIJACKING.format('LD_PRELOAD')}"),
        ("PATH", CANARY, f"PATH {HIJACKING.format('PATH')}"),
        ("PYTHONPATH", CANARY, f"PYTHONPATH {HIJACKING.format('PYTHONPATH')}"),
    ],
)
def test_values_and_names_refused(secrets: Secrets, name: str, stdin: str | bytes, message: str) -> None:
    assert secrets("set", name, stdin=stdin, status=2).err == f"error: {message}\n"
    assert not secrets.file("all.yml.age").exists()


def test_generate(secrets: Secrets) -> None:
    assert secrets("generate", "SECRET_KEY").out == (
        "SECRET_KEY (43 characters) is set in inventory/secrets/all.yml.age\n"
    )
    first = secrets("show", "SECRET_KEY", "--reveal").out
    assert secrets("generate", "SECRET_KEY", status=2).err == (
        "error: inventory/secrets/all.yml.age:1: SECRET_KEY is set already\n"
        "  --replace makes a new one; sessions signed by the old end.\n"
    )
    assert secrets("show", "SECRET_KEY", "--reveal").out == first
    secrets("generate", "SECRET_KEY", "--replace")
    assert secrets("show", "SECRET_KEY", "--reveal").out != first


def test_edit(secrets: Secrets) -> None:
    secrets("set", "TOKEN", stdin=CANARY)
    assert secrets("edit", EDITOR="sed -i s/TOKEN/NAME/").out == "inventory/secrets/all.yml.age is written\n"
    assert secrets("show", "NAME", "--reveal").out == CANARY
    before = secrets.file("all.yml.age").read_bytes()
    assert secrets("edit", "inventory/secrets/all.yml.age", EDITOR="true").out == "nothing is changed\n"
    said = secrets("edit", EDITOR="sed -i 's/NAME: /NAME /'", stdin="y\nn\n")
    assert said.err.count("inventory/secrets/all.yml.age: must be a mapping") == 2
    assert said.out == "nothing is changed\n"
    said = secrets("edit", EDITOR="sed -i s/NAME/PATH/", stdin="n\n")
    assert "inventory/secrets/all.yml.age:1: PATH is set by systemd" in said.err
    said = secrets("edit", EDITOR='sh -c \'rm "$0"; mkdir "$0"\'', status=2)
    assert said.err == (
        "error: the editor left something in place of all.yml that is no file: nothing is changed\n"
        "  Edit again; EDITOR names another editor.\n"
    )
    assert secrets.file("all.yml.age").read_bytes() == before
    assert secrets("edit", "web", EDITOR="true").out == "nothing is changed\n"
    assert not secrets.file("web.yml.age").exists()
    secrets("edit", "web", EDITOR="sed -i '$aNEW: 1'")
    assert secrets("show", "NEW", "--group", "web").out.startswith("inventory/secrets/web.yml.age:2: NEW, ")
    secrets("edit", "web", EDITOR='sh -c \'echo "A: 1" > "$0"\'')
    assert secrets("show", "A", "--group", "web", "--reveal").out == "1"


def test_rekey(secrets: Secrets, tmp_path: Path) -> None:
    secrets("set", "TOKEN", stdin=CANARY)
    secrets("set", "TOKEN", "--group", "web", stdin=CANARY)
    key = tmp_path / "colleague"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    assert "none of your keys opens it" in secrets("show", "TOKEN", status=2, WINDLASS_IDENTITY=str(key)).err
    recipients = secrets.file("recipients.txt")
    recipients.write_text(recipients.read_text() + Path(f"{key}.pub").read_text())
    assert secrets("rekey").out.startswith("2 files encrypted anew to 2 recipients\n")
    assert secrets("show", "TOKEN", "--reveal", WINDLASS_IDENTITY=str(key)).out == CANARY
    recipients.write_text(Path(f"{key}.pub").read_text())
    before = secrets.file("web.yml.age").read_bytes()
    assert secrets("rekey", status=2).err == (
        "error: inventory/secrets/recipients.txt: none of your keys is in it: you could open no secret after this\n"
        "  Let somebody who stays take your key out, and run this.\n"
    )
    assert secrets.file("web.yml.age").read_bytes() == before
    secrets("rekey", WINDLASS_IDENTITY=str(key))
    assert "none of your keys opens it" in secrets("show", "TOKEN", status=2).err
    whole = secrets.file("web.yml.age").read_bytes()
    secrets.file("all.yml.age").write_bytes(whole[:200])
    assert "is cut off or damaged" in secrets("rekey", status=2, WINDLASS_IDENTITY=str(key)).err
    assert secrets.file("web.yml.age").read_bytes() == whole


def test_a_bad_recipient_is_told_before_anything_is_lost(secrets: Secrets) -> None:
    secrets("set", "TOKEN", stdin=CANARY)
    before = secrets.file("all.yml.age").read_bytes()
    secrets.file("recipients.txt").write_text("not-a-key\n")
    for arguments in (["set", "B"], ["rekey"], ["edit"], ["generate", "B"]):
        said = secrets(*arguments, stdin="x", status=2, EDITOR="touch edited")
        assert "inventory/secrets/recipients.txt:1: 'not-a-key' is not an age key" in said.err
    assert secrets.file("all.yml.age").read_bytes() == before
    assert not (secrets.folder / "edited").exists()


def test_secrets_are_not_needed_where_no_environment_is(secrets: Secrets) -> None:
    secrets.file("web.yml.age").write_text("garbage")
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(secrets.folder), "inventory", "--host", "web1"]
    assert subprocess.run(argv, capture_output=True).returncode == 0


def test_provision_refuses_before_any_connection(secrets: Secrets) -> None:
    secrets.file("web.yml.age").write_text("garbage")
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(secrets.folder), "provision", "web1"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=secrets.folder)
    assert done.returncode == 2
    assert done.stderr.startswith("error: inventory/secrets/web.yml.age: the file is no age file: it is not encrypted")


# Says how often a passphrase is tried, which would take a second each time.
COUNTED = """
from tests.secrets import quick_age
from windlass.secrets import age
age.sealed_with = quick_age.sealed_with
real = age.opened_with
def opened_with(*arguments):
    print("tried")
    return real(*arguments)
age.opened_with = opened_with
from windlass.cli.cli import main
main()
"""


def test_with_a_passphrase(secrets: Secrets) -> None:
    def ask(*arguments: str, answers: list[str]) -> str:
        argv = ["--project", str(secrets.folder), "secrets", *arguments]
        return on_a_terminal(COUNTED, *argv, answers=answers, HOME=str(secrets.home), NO_COLOR="1")

    secrets.file("recipients.txt").unlink()
    secrets("init", "--passphrase")
    assert secrets.file("recipients.txt").read_text().splitlines()[-1] == "passphrase"
    assert "the two passphrases differ" in ask("set", "A", answers=[CANARY, "hunter2", "hunter3"])
    assert "error: an empty passphrase would protect nothing" in ask("set", "A", answers=[CANARY, ""])
    assert not secrets.file("all.yml.age").exists()
    said = ask("set", "A", answers=[CANARY, "hunter2", "hunter2"])
    assert "A (15 characters) is set in " in said
    changed = ask("set", "A", answers=["hunter2", f"{CANARY}2"])
    assert "A (16 characters) is changed in " in changed
    assert changed.count("tried") == 1
    said += changed
    said += ask("rekey", answers=["hunter2", "newer", "newer"])
    assert "1 file encrypted anew to a passphrase" in said
    assert CANARY in ask("show", "A", "--reveal", answers=["newer"])
    assert CANARY not in said
    assert "hunter" not in said


def test_a_killed_edit_leaves_the_old_file(secrets: Secrets) -> None:
    secrets("set", "TOKEN", stdin=CANARY)
    before = secrets.file("all.yml.age").read_bytes()
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(secrets.folder), "secrets", "edit"]
    editor = "sh -c 'echo B: 1 > \"$0\"; touch begun; until test -e go; do sleep 0.05; done'"
    environment = {**os.environ, "HOME": str(secrets.home), "EDITOR": editor, "VISUAL": ""}
    editing = subprocess.Popen(
        argv, cwd=secrets.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not (secrets.folder / "begun").exists():
        assert editing.poll() is None
        time.sleep(0.02)
    editing.kill()
    editing.wait(60)
    (secrets.folder / "go").touch()  # the editor, which is an orphan now
    editing.communicate(timeout=60)
    assert secrets.file("all.yml.age").read_bytes() == before
    assert [path.name for path in secrets.file("").iterdir() if path.name.startswith(".")] == []

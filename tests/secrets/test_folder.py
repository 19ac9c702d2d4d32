"""Files of all, groups and hosts: which count, in which order, and what does not belong there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.secrets.projects import secrets_project
from windlass.errors import InventoryError
from windlass.project import Project


def values(host: str, app: str) -> dict[str, str]:
    secrets = Project(Path.cwd()).inventory().hosts[host].secrets(app)
    return {name: secret.value for name, secret in secrets.items()}


def complaint() -> str:
    with pytest.raises(InventoryError) as raised:
        values("web1", "shop")
    assert "hidden" not in str(raised.value)
    return str(raised.value)


def test_the_narrower_file_wins_and_in_it_the_app(home: Path) -> None:
    secrets_project(
        home,
        all="A: all\nB: all\nshop: {C: all-shop, E: all-shop}\n",
        web="B: web\nC: web\nshop: {D: web-shop}\n",
        web1="shop: {A: web1-shop}\n",
        db="A: db\n",
    )
    assert values("web1", "shop") == {"A": "web1-shop", "B": "web", "C": "web", "D": "web-shop", "E": "all-shop"}
    assert values("web1", "blog") == {"A": "all", "B": "web", "C": "web"}
    assert values("db1", "shop")["A"] == "db"


def test_only_files_of_the_chosen_hosts_are_opened_and_once(home: Path) -> None:
    folder = secrets_project(home, web="A: hidden\n", db="A: 1\n")
    (Path("inventory/secrets") / "db.yml.age").write_text("garbage")
    assert folder.of(["all", "web", "web1"], "shop")["A"].value == "hidden"
    Path("inventory/secrets/web.yml.age").unlink()
    Path("inventory/secrets/web.yml.age").write_text("garbage")
    assert folder.of(["all", "web", "web1"], "shop")["A"].value == "hidden"
    assert "hidden" not in repr(folder.entries("web"))


def test_the_age_program_opens_what_is_written_and_the_other_way_round(home: Path) -> None:
    secrets_project(home, web="A: from windlass\n")
    identity = home / ".config/windlass/identity.txt"
    said = subprocess.run(
        ["age", "-d", "-i", identity, "inventory/secrets/web.yml.age"], capture_output=True, check=True
    )
    assert said.stdout == b"A: from windlass\n"
    for armor in ([], ["-a"]):
        argv = ["age", "-R", "inventory/secrets/recipients.txt", *armor, "-o", "inventory/secrets/db.yml.age"]
        subprocess.run(argv, input=b"A: from age\n", check=True)
        assert values("db1", "shop") == {"A": "from age"}


def test_secrets_of_an_app_that_is_nowhere_are_told_and_refuse_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = secrets_project(home, all="A: 1\nshpo: {B: hidden}\n")
    assert [name for _, name in folder.entries("all")] == ["A", "B"]
    folder.entries("all")
    assert capsys.readouterr().err == (
        "inventory/secrets/all.yml.age:2: no host of 'all' has an app 'shpo'; did you mean 'shop'?; to be rid of it:"
        " ./deploy.py secrets unset B --app shpo\n"
    )


def test_names_that_hijack_a_process(home: Path) -> None:
    secrets_project(home, web="LD_PRELOAD: hidden\nshop:\n  PYTHONPATH: hidden\n  PATH: hidden\n")
    lines = complaint().splitlines()
    assert [line.split(" is set by")[0] for line in lines] == [
        "inventory/secrets/web.yml.age:1: LD_PRELOAD",
        "inventory/secrets/web.yml.age:3: PYTHONPATH",
        "inventory/secrets/web.yml.age:4: PATH",
    ]
    hosts = Path("inventory/hosts.yml")
    hosts.write_text(hosts.read_text().replace("shop: {", "shop: {allow_env: [LD_PRELOAD, PATH, PYTHONPATH], "))
    assert complaint().startswith("inventory/secrets/web.yml.age:1: LD_PRELOAD is set by")  # blog gets it, too
    hosts.write_text(hosts.read_text().replace("blog: {", "blog: {allow_env: [LD_PRELOAD], "))
    assert values("web1", "shop") == {"LD_PRELOAD": "hidden", "PYTHONPATH": "hidden", "PATH": "hidden"}


def test_only_what_all_hosts_of_an_app_allow(home: Path) -> None:
    secrets_project(home, web="shop: {PATH: hidden}\n")
    hosts = Path("inventory/hosts.yml")
    shop = "          apps: {shop: {%ssource: s, wsgi: 's:app', domains: [a.test]}}\n"
    for first, second in ((True, False), (False, True), (True, True)):
        allowing = ["allow_env: [PATH], " if allows else "" for allows in (first, second)]
        hosts.write_text(
            f"web:\n  hosts:\n    web1:\n{shop % allowing[0]}    web2:\n{shop % allowing[1]}db: {{hosts: {{db1: }}}}\n"
        )
        if first and second:
            assert values("web1", "shop") == values("web2", "shop") == {"PATH": "hidden"}
        else:
            assert complaint().startswith("inventory/secrets/web.yml.age:1: PATH is set by")


NOT_ENCRYPTED = (
    "is not encrypted, or no secrets file: put what is in it into {0}.yml.age (./deploy.py secrets edit {0}), "
    "remove it, and change the secrets if it was ever committed"
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wbe.yml.age", "there is no group or host 'wbe'; did you mean 'web'?"),
        (
            "zzz.yml.age",
            "there is no group or host 'zzz'; rename it to GROUP.yml.age or HOST.yml.age, or remove it",
        ),
        ("web.age", "is not read: the name must be web.yml.age"),
        ("web.yml", NOT_ENCRYPTED.format("web")),
        ("shop.env", NOT_ENCRYPTED.format("shop")),
    ],
)
def test_files_that_do_not_belong_there(home: Path, name: str, message: str) -> None:
    secrets_project(home)
    Path("inventory/secrets", name).write_text("A: hidden\n")
    assert complaint() == f"inventory/secrets/{name}: {message}"


def test_files_that_may_be_there(home: Path) -> None:
    secrets_project(home, web="A: 1\n")
    for name in ("README.md", ".gitattributes", ".windlass-new-web.yml.age", "web.yml.age~", "lab.yml.age"):
        Path("inventory/secrets", name).touch()
    assert values("web1", "shop") == {"A": "1"}
    assert Project(Path.cwd()).secrets().levels() == ["lab", "web"]


LAST_GOOD = "Bring back the last good one: git checkout -- inventory/secrets/web.yml.age"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", f"the file is empty\n  {LAST_GOOD}"),
        ("A: hidden\n", f"the file is no age file: it is not encrypted\n  {LAST_GOOD}"),
        (
            "<<<<<<< HEAD\n-----BEGIN AGE ENCRYPTED FILE-----\n=======\n",
            (
                "the file has merge conflict markers\n  Take one side whole (git checkout --ours"
                " inventory/secrets/web.yml.age, or --theirs), then set again what the other side has changed"
                " (git show OTHER_BRANCH:FILE | age -d)."
            ),
        ),
        ("-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5", f"the file is cut off or damaged\n  {LAST_GOOD}"),
    ],
)
def test_files_that_are_none(home: Path, content: str, message: str) -> None:
    secrets_project(home)
    Path("inventory/secrets/web.yml.age").write_text(content)
    assert complaint() == f"inventory/secrets/web.yml.age: {message}"


def test_every_cut_and_every_changed_byte_is_noticed(home: Path) -> None:
    secrets_project(home, web="A: hidden\n")
    file = Path("inventory/secrets/web.yml.age")
    whole = file.read_bytes()
    for size in range(1, len(whole) - 1, 37):
        file.write_bytes(whole[:size])
        assert "is cut off or damaged" in complaint() or "no age file" in complaint()
    middle = len(whole) - 60
    file.write_bytes(whole[:middle] + (b"A" if whole[middle : middle + 1] != b"A" else b"B") + whole[middle + 1 :])
    assert "is cut off or damaged\n  Bring back the last good one: git checkout -- inventory" in complaint()


def test_a_folder_in_place_of_a_file(home: Path) -> None:
    secrets_project(home)
    Path("inventory/secrets/web.yml.age").mkdir()
    assert complaint() == "inventory/secrets/web.yml.age: cannot be read: Is a directory"


def test_content_that_is_no_text(home: Path) -> None:
    folder = secrets_project(home)
    folder.replace({"web": folder.keyring.seal(b"\xff", _recipients())})
    assert complaint() == "inventory/secrets/web.yml.age: what is in it is not UTF-8 text"


def _recipients():
    from windlass.secrets.recipients import Recipients

    return Recipients.read(Path("inventory/secrets/recipients.txt"))

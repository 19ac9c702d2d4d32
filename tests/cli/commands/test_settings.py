"""`deploy.py settings`, and that the models explain every setting."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import click
import pytest
from pydantic import BaseModel, Field, ValidationError

from tests.answer_documents import held
from tests.lab.commands import ROOT
from tests.terminal_process import TerminalProcess
from windlass.cli.cli import run
from windlass.inventory.connection import SYNONYMS, Connection
from windlass.output.answer_document import SettingDocument
from windlass.settings import AppSettings, Gunicorn, Nginx, Settings, Tls
from windlass.settings.accounts import Accounts
from windlass.settings.firewall import Firewall
from windlass.settings.kernel import Kernel
from windlass.settings.limits import Limits
from windlass.settings.reference import settings
from windlass.settings.sandbox import Sandbox
from windlass.settings.secret import SecretSource
from windlass.settings.ssh import Ssh
from windlass.settings.time_sync import TimeSync
from windlass.settings.tls import HostTls
from windlass.settings.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., tuple[int, str, str]]

SECTIONS = {
    "": Settings,
    "time_sync": TimeSync,
    "updates": Updates,
    "accounts": Accounts,
    "kernel": Kernel,
    "ssh": Ssh,
    "firewall": Firewall,
    "tls": HostTls,
    "apps.NAME": AppSettings,
    "apps.NAME.tls": Tls,
    "apps.NAME.limits": Limits,
    "apps.NAME.sandbox": Sandbox,
    "apps.NAME.secrets.NAME": SecretSource,
    "apps.NAME.gunicorn": Gunicorn,
    "apps.NAME.nginx": Nginx,
}


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    return lambda *arguments: (run(["settings", *arguments]), *capsys.readouterr())


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_of_the_schema_is_there_with_a_sentence(section: str) -> None:
    found = {setting.way[-1]: setting for setting in settings() if setting.section == section}
    assert list(found) == list(SECTIONS[section].model_fields)
    for setting in found.values():
        assert setting.type
        assert setting.description.endswith(".")


def test_there_are_no_other_sections() -> None:
    assert {setting.section for setting in settings()} == set(SECTIONS)


def test_a_field_without_a_sentence_is_an_error() -> None:
    class Silent(BaseModel):
        number: Annotated[int, Field(ge=1)] = 1

    with pytest.raises(ValueError, match="number has no description"):
        list(settings(Silent))


def test_defaults_are_those_of_the_models() -> None:
    """A host without a word in the inventory has them; what is required is refused when it is missing."""
    host = Settings()
    for setting in settings():
        if setting.section == "" and not setting.type.startswith("settings"):
            assert getattr(host, setting.way[0]) == setting.default
    with pytest.raises(ValidationError) as refused:
        AppSettings()  # type: ignore[call-arg]
    missing = {error["loc"][0] for error in refused.value.errors() if error["type"] == "missing"}
    assert missing == {setting.way[-1] for setting in settings() if setting.required}


@pytest.mark.parametrize(
    "name", ["drain_timeout", "apps.drain_timeout", "apps.NAME.drain_timeout", "apps.shop.drain_timeout"]
)
def test_one_setting(ask: Ask, name: str) -> None:
    assert ask(name) == (
        0,
        """\
apps.NAME
  drain_timeout  whole number, 0 to 3600; default 30
                 Seconds that the old release has to finish its requests.
""",
        "",
    )


def test_variables_that_say_how_to_connect(ask: Ask) -> None:
    assert ask("host_key") == (
        0,
        """\
for a host or group, at the top
  host_key  host key as ssh-keyscan prints it, "ssh-ed25519 AAAA..."
            The key that the host has to show; by default known_hosts says.
""",
        "",
    )
    for older, name in SYNONYMS.items():
        assert ask(older) == ask(name)
        assert f"\n  {name}  " in ask(name)[1]


def test_a_section_and_types_in_words(ask: Ask) -> None:
    out = ask("gunicorn")[1]
    assert "  gunicorn             settings, see below\n" in out
    assert "\napps.NAME.gunicorn\n  workers              whole number, 1 to 512\n" in out
    assert "  worker_class         Gunicorn worker class, for example gthread; default gthread\n" in out
    assert ask("tls.mode")[1].splitlines()[1] == "  mode  one of letsencrypt, self-signed, off; default letsencrypt"
    assert ask("apps.tls")[1].splitlines()[1].split(None, 1) == ["tls", "settings, see below"]
    assert "mapping: beginning of a URL path -> path inside the app's source; default {}" in ask("static")[1]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("drain_timout", "did you mean 'apps.NAME.drain_timeout'?"),
        ("drain", "did you mean 'drain_timeout'?"),
        ("tls.moed", "did you mean 'tls.mode'?"),
        ("apps.shop.domain", "did you mean 'apps.NAME.domains'?"),
        ("zzzz", "./deploy.py settings shows all"),
    ],
)
def test_an_unknown_one(ask: Ask, name: str, near: str) -> None:
    assert ask(name) == (2, "", f"error: there is no setting {name!r}\n  {near}\n")


def test_sentences_are_broken_where_the_terminal_ends() -> None:
    with TerminalProcess([sys.executable, str(ROOT / "deploy.py"), "settings", "tls"], {"COLUMNS": "60"}) as process:
        assert process.end() == 0
    lines = [click.unstyle(line) for line in process.shown.splitlines()]
    assert max(map(len, lines)) <= 60
    assert "                 Have browsers insist on HTTPS for two years" in lines


def test_json(ask: Ask) -> None:
    found: list[dict[str, Any]] = json.loads(ask("--json")[1])["settings"]
    held(list[SettingDocument], found)
    names = [each["name"] for each in found]
    assert sorted(names) == sorted([*(setting.name for setting in settings()), *Connection.model_fields])
    assert names.index("apps") < names.index("ansible_host") < names.index("tls.mode")
    (workers,) = json.loads(ask("workers", "--json")[1])["settings"]
    assert workers == {
        "name": "apps.NAME.gunicorn.workers",
        "type": "whole number, 1 to 512",
        "default": None,
        "required": False,
        "description": "Worker processes; by default from the host's CPUs and memory.",
    }

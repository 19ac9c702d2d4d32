"""systemd reads the environment file as it is meant."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from windlass.agent.release.environment import Environment
from windlass.errors import LabError
from windlass.settings.environment import LARGEST, LONGEST, fault_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


HOSTILE = {
    "SPACES": "  two  words  ",
    "QUOTES": 'it\'s "quoted" `too`',
    "DOLLAR": "$HOME ${HOME} $$ \\$",
    "BACKSLASH": "a\\b\\n\\\\ \\",
    "PERCENT": "100% %h %i %%",
    "HASH": "# no comment ; neither",
    "NEWLINE": "one\ntwo\n\nfour\n",
    "TAB": "\ta\tb",
    "RETURN": "a\r\nb",
    "UNICODE": "Grüße, 世界 \N{OLD KEY}",
    "EMPTY": "",
    "EQUALS": "a=b=c",
    "CONTROL": "\x01\x1b[31m\x7f",
    "LONG": "x" * 100_000,
}


IMAGES = ("debian:12", "debian:13")
NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True).map(lambda name: f"T_{name}")
ANY = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")
AWKWARD = st.sampled_from([*list("\\\"'`$%{} \t\n\r#;=!~&|<>*?"), "\x1b", "\x7f", "\x80", "\u2028", "\ufeff", "😀"])
SHORT, LONG = (settings(max_examples=often, suppress_health_check=list(HealthCheck)) for often in (12, 300))
VALUES = st.text(ANY | AWKWARD, max_size=40).filter(lambda value: fault_of_value("T", value) is None)
VARIABLES = st.dictionaries(NAMES, VALUES, min_size=1, max_size=30)


@pytest.fixture(scope="module", params=IMAGES)
def host(request: pytest.FixtureRequest, lab: Lab) -> Iterator[LabHost]:
    """A bare host of each release for all tests here."""
    found = lab.add_host(f"systemd{request.param_index}", image_name=request.param, say=print)
    found.wait()
    yield found
    lab.remove_host(found.name)


def arrived(host: LabHost, file: bytes) -> dict[str, str]:
    """The environment of a process that systemd starts with this EnvironmentFile."""
    host.engine.run("exec", "-i", host.container, "sh", "-c", "cat > /root/env", stdin=file)
    script = "import json,os;print(json.dumps(dict(os.environ)))"
    said = host.run(f"systemd-run -q --wait --pipe -p EnvironmentFile=/root/env python3 -c {shlex.quote(script)}")
    found: dict[str, str] = json.loads(said)
    return found


def test_it_reaches_the_process_as_it_was_meant(host: LabHost) -> None:
    found = arrived(host, Environment(HOSTILE, frozenset()).file())
    assert {name: found.get(name) for name in HOSTILE} == HOSTILE


@SHORT
@given(VARIABLES)
def test_any_text_reaches_the_process(host: LabHost, variables: dict[str, str]) -> None:
    reach(host, variables)


@pytest.mark.soak
@LONG
@given(VARIABLES)
def test_any_text_reaches_the_process_very_often(host: LabHost, variables: dict[str, str]) -> None:
    reach(host, variables)


def reach(host: LabHost, variables: dict[str, str]) -> None:
    environment = Environment(variables, frozenset(variables))
    found = arrived(host, environment.file())
    assert {name: found.get(name) for name in variables} == variables
    assert Environment.from_file(environment.file(), frozenset()).variables == variables


def test_the_longest_and_the_most_reach_it(host: LabHost) -> None:
    longest = {"T": "\\" * (LONGEST - 3)}
    assert fault_of_value("T", longest["T"]) is None
    assert arrived(host, Environment(longest, frozenset()).file())["T"] == longest["T"]
    most = {f"T{number}": "x" * (LARGEST // 16 - 5) for number in range(16)}
    assert sum(len(f"{name}={value}") + 1 for name, value in most.items()) <= LARGEST
    found = arrived(host, Environment(most, frozenset()).file())
    assert {name: found.get(name) for name in most} == most


@pytest.mark.parametrize("character", ["\ufffe", "\ufdd0", "\U0010ffff"])
def test_what_is_refused_could_not_arrive(host: LabHost, character: str) -> None:
    assert fault_of_value("T", f"a{character}") is not None
    with pytest.raises(LabError):
        arrived(host, Environment({"T": f"a{character}"}, frozenset()).file())

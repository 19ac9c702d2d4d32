"""systemd reads the environment file as it is meant."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from windlass.release.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.lab import LabHost

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


@pytest.mark.parametrize("image", ["debian:12", "debian:13"])
def test_environment_reaches_the_process_as_it_was_meant(image: str, new_host: Callable[..., LabHost]) -> None:
    host = new_host(image_name=image)
    text = Environment(HOSTILE, frozenset()).file()
    host.engine.run("exec", "-i", host.container, "sh", "-c", "cat > /root/env", stdin=text)
    script = "import json,os;print(json.dumps(dict(os.environ)))"
    said = host.run(f"systemd-run -q --wait --pipe -p EnvironmentFile=/root/env python3 -c {shlex.quote(script)}")
    found = json.loads(said)
    assert {name: found.get(name) for name in HOSTILE} == HOSTILE

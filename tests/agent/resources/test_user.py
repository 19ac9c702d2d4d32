"""A system user, as far as none has to be made; the rest is in tests/lab."""

from __future__ import annotations

import os
import pwd

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import User

PERSON = pwd.getpwuid(os.getuid()).pw_name


def test_a_system_user_is_looked_at() -> None:
    entry = pwd.getpwnam("daemon")
    assert on_this_machine(User("daemon", "/x")).actual() == {"home": entry.pw_dir, "shell": entry.pw_shell}
    assert on_this_machine(User("no-such-user", "/x")).actual() is None


@pytest.mark.parametrize(
    ("uid", "shell"), [(1000, "/usr/sbin/nologin"), (100_000, "/bin/false"), (999, "/bin/bash"), (999, "")]
)
def test_a_person_is_never_taken_over(monkeypatch: pytest.MonkeyPatch, uid: int, shell: str) -> None:
    entry = pwd.struct_passwd((PERSON, "x", uid, uid, "", "/home/x", shell))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: entry)
    with pytest.raises(Failed) as raised:
        on_this_machine(User(PERSON, "/x")).actual()
    assert (str(raised.value), raised.value.hint) == (
        (
            f"{PERSON} (uid {uid}, shell {shell or '/bin/sh'}) is a person's account on the host; give the app another"
            " name"
        ),
        "Or is it the app's own, and somebody gave it a shell? Its shell has to be /usr/sbin/nologin.",
    )


def test_whoever_runs_this_is_a_person() -> None:
    with pytest.raises(Failed, match=f"{PERSON} .* is a person's account"):
        on_this_machine(User(PERSON, "/x")).actual()

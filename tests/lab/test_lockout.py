"""Changes that shut everybody out heal by themselves: the host takes them back, whoever dies in between."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from roles.ssh import ssh
from tests.lab.resources_on import converge
from tests.roles import hosts
from windlass.agent.resources import Sshd
from windlass.errors import AgentError
from windlass.lab import files
from windlass.run import second_login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

PATH = "/etc/ssh/sshd_config.d/00-windlass.conf"
SHUT = "AllowUsers nobody\n"
FIRST_COUNTS = (
    "See that /etc/ssh/sshd_config begins with `Include /etc/ssh/sshd_config.d/*.conf`, and that no line before ours"
    " says otherwise: the first value counts for sshd."
)


@pytest.fixture(autouse=True)
def cleared(host: LabHost) -> Iterator[None]:
    """The session's host with the distribution's sshd and no firewall, before and after."""
    forget = f"rm -f {PATH}; nft flush ruleset 2>/dev/null; systemctl reset-failed ssh; systemctl restart ssh"
    host.run(f"cp -p /etc/ssh/sshd_config /root/sshd_config; {forget}")
    yield
    host.run(f"mv /root/sshd_config /etc/ssh/sshd_config; passwd -q -l root; {forget}")


def sshd(extra: str = "", delay: int = 60) -> Sshd:
    good = hosts.resources(ssh, hosts.host())[f"sshd {PATH}"]
    return Sshd(PATH, good.content + extra, delay)


def gets_in(lab: Lab, host: LabHost) -> bool:
    return lab.ssh(host.name, ["true"]) == 0


def left(host: LabHost) -> str:
    """What a change on probation leaves behind when all is over: nothing."""
    return host.run(
        "ls -A /var/lib/windlass/probation; ls -d /etc/systemd/system/*undo* /etc/systemd/system/*/*undo* 2>/dev/null; "
        "systemctl list-timers --all --no-legend 'windlass-undo*'; true"
    )


def test_good_settings_are_kept_and_a_second_run_changes_nothing(lab: Lab, host: LabHost) -> None:
    (result,), said = converge(lab, host, sshd())
    assert result.status == "changed"
    assert said == ["armed: the host takes it back in 60 s unless a second login works", "a second login works: kept"]
    assert "second login works" in result.notes["sshd"]
    assert left(host) == ""
    (result,), said = converge(lab, host, sshd())
    assert (result.status, said) == ("ok", [])
    effective = host.run("sshd -T")
    assert "passwordauthentication no" in effective
    assert gets_in(lab, host)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (SHUT, "no second login works with it"),
        ("Port 2222\n", "no second login works with it"),
        (
            "Nonsense on\n",
            (
                f"refused by sshd, and as it was again: {PATH}: line {{line}}: Bad configuration option: Nonsense\n"
                f"{PATH}: terminating, 1 bad configuration options"
            ),
        ),
    ],
)
def test_bad_settings_are_taken_back(lab: Lab, host: LabHost, extra: str, reason: str) -> None:
    (result,), said = converge(lab, host, sshd(extra))
    assert result.status == "failed"
    assert reason.format(line=sshd(extra).content.count("\n")) in result.message
    assert "kept" not in "".join(said)
    host.run(f"test ! -e {PATH}")  # there was none before
    assert left(host) == ""
    assert gets_in(lab, host)


def test_settings_without_effect_are_named_with_their_place(lab: Lab, host: LabHost) -> None:
    host.run("sed -i '1i PasswordAuthentication yes' /etc/ssh/sshd_config; systemctl restart ssh")
    (result,), _ = converge(lab, host, sshd())
    assert (result.message, result.hint) == (
        "without effect, and as it was again: passwordauthentication is yes (/etc/ssh/sshd_config:1)",
        FIRST_COUNTS,
    )
    host.run("sed -i -e 1d -e '/^Include/d' /etc/ssh/sshd_config; systemctl restart ssh")
    (result,), _ = converge(lab, host, sshd())
    assert result.message == f"without effect, and as it was again: /etc/ssh/sshd_config does not include {PATH}"
    assert result.hint == FIRST_COUNTS
    host.run(f"test ! -e {PATH}")


def test_others_changes_that_nobody_has_tried_are_not_brought_into_effect(lab: Lab, host: LabHost) -> None:
    host.run("sleep 2; echo 'AllowUsers nobody' >>/etc/ssh/sshd_config")
    (result,), said = converge(lab, host, sshd())
    assert (result.message, result.hint) == (
        "/etc/ssh/sshd_config was changed after sshd has read it, and nobody has tried that",
        "See that one can still log in after `systemctl reload ssh`, then run again.",
    )
    assert said == []
    assert gets_in(lab, host)
    host.run("sed -i '$d' /etc/ssh/sshd_config; sleep 2; systemctl reload ssh; sleep 1")
    (result,), said = converge(lab, host, sshd())
    assert result.status == "changed"
    host.run("sed -i '1i Nonsense on' /etc/ssh/sshd_config")
    (result,), _ = converge(lab, host, sshd())
    assert (result.message, result.hint) == (
        (
            "sshd refuses its settings as they are: /etc/ssh/sshd_config: line 1: Bad configuration option: Nonsense\n"
            "/etc/ssh/sshd_config: terminating, 1 bad configuration options"
        ),
        "Mend them on the host until `sshd -t` is content, then run again.",
    )


@pytest.mark.parametrize("line", ["# x", "Nonsense on"])
def test_its_own_file_changed_by_hand_is_shown_and_put_right(lab: Lab, host: LabHost, line: str) -> None:
    converge(lab, host, sshd())
    host.run(
        f"sleep 2; sed -i 's/^PasswordAuthentication no/PasswordAuthentication yes/' {PATH}; echo {line!r} >>{PATH}"
    )
    (result,), _ = converge(lab, host, sshd(), check=True)
    assert (result.status, list(result.diff)) == ("changed", ["settings"])
    changed = [each for each in result.patch.splitlines() if each.startswith(("-", "+"))]
    lines = ["-PasswordAuthentication yes", "+PasswordAuthentication no", f"-{line}"]
    assert changed == [f"--- a{PATH}", f"+++ b{PATH}", *lines]
    (result,), said = converge(lab, host, sshd())
    assert (result.status, said[-1:]) == ("changed", ["a second login works: kept"]), result.message
    assert "passwordauthentication no" in host.run("sshd -T")


def await_undo(host: LabHost, seconds: float) -> None:
    """Waits until the host has taken a change back, which it must not do at once."""
    start = time.monotonic()
    host.run("until test -e /var/lib/windlass/probation/ssh/undone; do sleep 0.1; done", timeout=seconds + 20)
    assert 1 < time.monotonic() - start < seconds + 10


def kill_agent(host: LabHost) -> None:
    pid = json.loads(host.run("cat /var/lib/windlass/lock"))["pid"]
    host.run(f"kill -9 {pid}")


def test_a_killed_agent(lab: Lab, host: LabHost, monkeypatch: pytest.MonkeyPatch) -> None:
    converge(lab, host, sshd())
    monkeypatch.setattr(second_login, "log_in_again", lambda *_: kill_agent(host) or "")
    with pytest.raises(AgentError):
        converge(lab, host, sshd(SHUT, delay=10))
    assert not gets_in(lab, host)
    await_undo(host, 10)
    assert gets_in(lab, host)
    monkeypatch.undo()
    (result,), _ = converge(lab, host, sshd())
    assert result.status == "ok"


def test_the_run_after_a_killed_agent_does_not_take_its_settings_for_proved(
    lab: Lab, host: LabHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_login, "log_in_again", lambda *_: kill_agent(host) or "")
    with pytest.raises(AgentError):
        converge(lab, host, sshd())
    monkeypatch.undo()
    (result,), said = converge(lab, host, sshd())
    assert result.diff == {"effective": [False, True], "proved": [False, True]}
    assert said[-1] == "a second login works: kept"
    assert left(host) == ""


def test_a_control_machine_that_is_gone(lab: Lab, host: LabHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(connection: object, *_: object) -> str:
        second_login.close(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(second_login, "log_in_again", vanish)
    with pytest.raises(KeyboardInterrupt):
        converge(lab, host, sshd(SHUT))
    host.run(f"until ! test -e {PATH}; do sleep 0.1; done", timeout=120)
    host.run("until ! pgrep -f '[w]indlass'; do sleep 0.1; done", timeout=120)
    assert gets_in(lab, host)
    assert left(host) == ""


def test_a_proof_that_comes_too_late_does_not_count(lab: Lab, host: LabHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_login, "log_in_again", lambda *_: time.sleep(4) or "")
    (result,), _ = converge(lab, host, sshd(SHUT, delay=2))
    assert "taken back by the host, because the second login took longer than 2 s" in result.message
    assert gets_in(lab, host)
    assert left(host) == ""


@pytest.mark.parametrize("undoing", [False, True])
def test_a_power_cut(lab: Lab, host: LabHost, monkeypatch: pytest.MonkeyPatch, undoing: bool) -> None:
    """Before the host takes a change back, or in the midst of it."""

    def cut(*_: object) -> str:
        if undoing:
            host.run("cd /var/lib/windlass/probation/ssh; mv armed undoing")  # the first step of taking back
        host.kill()
        return ""

    monkeypatch.setattr(second_login, "log_in_again", cut)
    with pytest.raises(AgentError):
        converge(lab, host, sshd(SHUT))
    host.start()
    assert gets_in(lab, host)
    host.run(f"test ! -e {PATH}")


def test_passwords_are_refused_afterwards(lab: Lab, host: LabHost) -> None:
    host.run(
        "echo root:opensesame | chpasswd; sed -i '1i PermitRootLogin yes' /etc/ssh/sshd_config; systemctl restart ssh"
    )
    config = str(lab.folder / files.SSH_CONFIG)
    ask = ["ssh", "-v", "-F", config, "-o", "PubkeyAuthentication=no", "-o", "BatchMode=yes", host.name, "true"]

    def methods() -> str:
        said = subprocess.run(ask, capture_output=True, text=True).stderr
        return next(line.rpartition(": ")[2] for line in said.splitlines() if "Authentications that can" in line)

    assert "password" in methods()
    (result,), _ = converge(lab, host, sshd())
    assert "permitrootlogin is yes (/etc/ssh/sshd_config:1)" in result.message
    host.run("sed -i 1d /etc/ssh/sshd_config; systemctl restart ssh")
    (result,), _ = converge(lab, host, sshd())
    assert result.status == "changed"
    assert methods().strip() == "publickey"

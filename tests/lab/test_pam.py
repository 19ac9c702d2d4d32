"""PAM's profiles on a real host: what they do to passwords, and that they shut nobody out."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from roles.accounts import accounts
from tests.lab.resources_on import converge
from tests.roles import hosts
from windlass.agent.resources import Pam, PasswordAge
from windlass.errors import AgentError
from windlass.lab import files
from windlass.run import second_login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

FOLDER = "/usr/share/pam-configs"
SHUT = "Name: Nobody gets in\nDefault: yes\nPriority: 2000\n{0}-Type: Primary\n{0}:\n\trequisite\t{1}\n"


@pytest.fixture(autouse=True)
def cleared(lab: Lab, host: LabHost) -> Iterator[None]:
    """The session's host with the distribution's PAM and the passwords it came with, before and after."""
    clear = f"pam-auth-update --package --remove windlass windlass-last test; rm -f {FOLDER}/windlass* {FOLDER}/test"
    host.run(f"export DEBIAN_FRONTEND=noninteractive; {clear}; {clear}; cp -p /etc/shadow /etc/pam.d/common-auth /root")
    host.run("echo 'Defaults passwd_tries=1' >/etc/sudoers.d/tries")
    yield
    back = "mv /root/shadow /etc; mv /root/common-auth /etc/pam.d; : >/etc/security/opasswd; rm /etc/sudoers.d/tries"
    host.run(f"export DEBIAN_FRONTEND=noninteractive; {back}; {clear}; faillock --user careful --reset")


def profiles(**settings: int) -> Pam:
    pam = hosts.resources(accounts, hosts.host(accounts=settings))[f"pam {FOLDER}"]
    assert isinstance(pam, Pam)
    return pam


def stacks(host: LabHost) -> str:
    return host.run(f"cat /etc/pam.d/common-*; ls {FOLDER} /var/lib/pam /var/lib/windlass/probation 2>/dev/null; true")


def gets_in(lab: Lab, host: LabHost, user: str = "root") -> bool:
    config = str(lab.folder / files.SSH_CONFIG)
    return subprocess.run(["ssh", "-F", config, "-l", user, host.name, "true"], capture_output=True).returncode == 0


def takes(host: LabHost, *passwords: str) -> list[bool]:
    """Which of these sudo takes, one after the other in one session: a login begins the count anew."""
    ask = "while read -r word; do echo \"$word\" | sudo -S -k -p '' true 2>/dev/null && echo yes || echo no; done"
    given = "".join(f"{password}\n" for password in passwords).encode()
    said = host.engine.run("exec", "-i", host.container, "su", "careful", "-c", ask, stdin=given)
    return [word == "yes" for word in said.split()]


def test_three_wrong_passwords_lock_the_password_and_never_the_key(lab: Lab, host: LabHost) -> None:
    (result,), said = converge(lab, host, profiles())
    assert (result.status, result.diff["exists"]) == ("changed", [False, True])
    assert said == ["armed: the host takes it back in 60 s unless a second login works", "a second login works: kept"]
    assert "second login works" in result.notes["pam"]
    (result,), said = converge(lab, host, profiles())
    assert (result.status, said) == ("ok", [])
    right = lab.careful_password
    assert takes(host, "wrong", "wrong", right, "wrong", right) == [False, False, True, False, True]
    assert takes(host, *["wrong"] * 3, right) == [False] * 4
    assert gets_in(lab, host, "careful")
    assert takes(host, right) == [True]


def test_a_password_that_has_expired_keeps_no_key_out(lab: Lab, host: LabHost) -> None:
    host.run("chage --lastday 2001-01-01 --maxdays 30 careful")
    assert not gets_in(lab, host, "careful")
    converge(lab, host, profiles())
    assert not gets_in(lab, host, "careful")
    converge(lab, host, profiles(password_days=30))
    assert gets_in(lab, host, "careful")
    host.run("echo root:Zw3i-Kraniche?ziehen | chpasswd; chage --lastday 2001-01-01 root")
    (result,), _ = converge(lab, host, PasswordAge("root", 30))
    assert result.diff == {"days": [99999, 30]}
    (result,), _ = converge(lab, host, PasswordAge("root", 30))
    assert result.status == "ok"
    assert "Jan 31, 2001" in host.run("LC_ALL=C chage --list root")
    assert gets_in(lab, host)


def test_an_age_that_shuts_keys_out_is_taken_back(lab: Lab, host: LabHost) -> None:
    host.run("echo root:Zw3i-Kraniche?ziehen | chpasswd; chage --lastday 2001-01-01 root")
    (result,), _ = converge(lab, host, PasswordAge("root", 30))
    assert result.message.startswith("taken back, because no second login works with it: ")
    assert gets_in(lab, host)


def test_a_password_that_was_in_use_is_no_new_one(lab: Lab, host: LabHost) -> None:
    converge(lab, host, profiles())

    def change(old: str, new: str) -> str:
        ask = "su careful -c 'LC_ALL=C passwd' 2>&1 || true"
        given = f"{old}\n{new}\n{new}\n".encode()
        return host.engine.run("exec", "-i", host.container, "sh", "-c", ask, stdin=given)

    first, second = "Ein-Kr4nich?zieht-da", "Zw3i-Kraniche?ziehen"
    assert "updated successfully" in change(lab.careful_password, first)
    assert "updated successfully" in change(first, second)
    assert "already used" in change(second, first)


@pytest.mark.parametrize(("section", "user"), [("Account", "root"), ("Auth", "careful")])
def test_profiles_that_shut_everybody_out_are_taken_back(lab: Lab, host: LabHost, section: str, user: str) -> None:
    """At the login, or when sudo asks for the password."""
    before = stacks(host)
    (result,), _ = converge(lab, host, Pam(FOLDER, {"test": SHUT.format(section, "pam_deny.so")}), user=user)
    assert result.message.startswith("taken back, because no second login works with it: ")
    assert stacks(host) == before
    assert gets_in(lab, host)


def test_a_boot_takes_back_what_nobody_has_confirmed(lab: Lab, host: LabHost, monkeypatch: pytest.MonkeyPatch) -> None:
    before = host.run("cat /etc/pam.d/common-*")
    monkeypatch.setattr(second_login, "log_in_again", lambda *_: host.kill() or "")
    with pytest.raises(AgentError):
        converge(lab, host, Pam(FOLDER, {"test": SHUT.format("Account", "pam_deny.so")}))
    host.start()
    assert gets_in(lab, host)
    assert host.run("cat /etc/pam.d/common-*") == before


@pytest.mark.parametrize("change", ["/preauth/s/required/optional/", "/preauth/d"])
def test_what_was_switched_off_by_hand_is_noticed(lab: Lab, host: LabHost, change: str) -> None:
    converge(lab, host, profiles())
    host.run(f"sed -i '{change}' /etc/pam.d/common-auth")
    (result,), _ = converge(lab, host, profiles(), check=True)
    assert result.diff == {"effective": [False, True]}


def test_a_module_that_is_not_there_is_never_asked_for(lab: Lab, host: LabHost) -> None:
    before = stacks(host)
    (result,), said = converge(lab, host, Pam(FOLDER, {"test": SHUT.format("Account", "pam_nothing.so")}))
    assert (result.message, result.hint) == (
        "there is no pam_nothing.so here",
        "`accounts: {pam: false}` leaves PAM as it is.",
    )
    assert (said, stacks(host)) == ([], before)


def test_what_was_changed_by_hand_is_refused(lab: Lab, host: LabHost) -> None:
    host.run(
        "cp -p /etc/pam.d/common-auth /root/; sed -i '/pam_unix.so/a auth optional pam_echo.so' /etc/pam.d/common-auth"
    )
    before = stacks(host)
    (result,), _ = converge(lab, host, profiles())
    assert result.message == (
        "without effect, and as it was again: /etc/pam.d/common-auth has no `pam_faillock.so preauth deny=3"
        " fail_interval=900 unlock_time=900`"
    )
    assert result.hint == (
        "It was changed by hand, which pam-auth-update leaves alone (`pam-auth-update --force` would not)."
        " `accounts: {pam: false}` leaves PAM as it is."
    )
    assert stacks(host) == before


def test_lines_that_jump_over_ours_are_refused(lab: Lab, host: LabHost) -> None:
    host.run("sed -i '1i auth [success=2 default=ignore] pam_succeed_if.so user = nobody' /etc/pam.d/common-auth")
    (result,), said = converge(lab, host, profiles())
    assert result.message == (
        "/etc/pam.d/common-auth has a line of its own that jumps over others: "
        "auth [success=2 default=ignore] pam_succeed_if.so user = nobody"
    )
    assert said == []


def test_who_is_at_debconf_is_waited_for(lab: Lab, host: LabHost) -> None:
    host.run("systemd-run --quiet flock /var/cache/debconf/config.dat sleep 2; sleep 0.5")
    (result,), said = converge(lab, host, profiles())
    assert result.status == "changed"
    assert said[0] == "waiting for debconf, which somebody else is at"

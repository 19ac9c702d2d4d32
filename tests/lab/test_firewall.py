"""The firewall on a real host, tried from a neighbour, over IPv4 and IPv6."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import pytest

from roles.firewall import DROP_IN, UNIT, firewall
from tests.lab.resources_on import converge
from tests.roles import hosts
from windlass.agent.resources import Firewall
from windlass.agent.resources.firewall import PATH
from windlass.errors import AgentError
from windlass.run import second_login
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from windlass.agent.resources import Resource
    from windlass.lab import Lab, LabHost
    from windlass.output.outcome import Result

pytestmark = pytest.mark.lab

FOLDERS = {f"directory {os.path.dirname(path)}" for path in (PATH, DROP_IN)}
TRY = """\
import socket
for family, address in ((socket.AF_INET, ('{four}', {port})), (socket.AF_INET6, ('{six}', {port}, 0, {scope}))):
    with socket.socket(family) as client:
        client.settimeout(2)
        try:
            client.connect(address)
            print('open')
        except TimeoutError:
            print('no answer')
        except OSError as error:
            print(error.strerror)
"""


def world(**settings: object) -> list[Resource]:
    """What the role declares."""
    return list(firewall(hosts.host(firewall={"ssh_rate": 0, **settings}), []))


def rules(text: str = "", delay: int = 60) -> Firewall:
    """The rules of the role, or others that a mistake of ours could make."""
    good = next(each for each in world() if isinstance(each, Firewall))
    return Firewall(PATH, text or good.content, delay)


CUT_OFF = rules().content.replace("{ 22, 80, 443 }", "{ 80, 443 }")
DEAF = rules().content.replace("ct state established,related accept", "").replace("{ 22, 80, 443 }", "{ 80, 443 }")


@pytest.fixture
def bare(host: LabHost) -> Iterator[LabHost]:
    """The session's host, with /etc/windlass and no rules before and after; nginx does not serve meanwhile."""
    forget = (
        f"nft flush ruleset; systemctl disable -q --now windlass-firewall; rm -f {PATH} {UNIT} {DROP_IN}; "
        "systemctl daemon-reload"
    )
    stop = "if systemctl -q is-enabled nginx; then systemctl disable -q --now nginx; touch /root/had-nginx; fi"
    host.run(f"({forget}; {stop}) 2>/dev/null; mkdir -p /etc/windlass")
    yield host
    start = "if [ -e /root/had-nginx ]; then systemctl enable -q --now nginx; rm /root/had-nginx; fi"
    host.run(f"({forget}; {start}) 2>/dev/null; true")


@pytest.fixture
def tried(bare: LabHost, new_host: Callable[..., LabHost]) -> Callable[[int], list[str]]:
    """What a neighbour gets from a port of the host, by IPv4 and IPv6."""
    neighbour = new_host()
    six = bare.run("ip -6 -o addr show dev eth0 scope link").split()[3].partition("/")[0]
    scope = int(neighbour.run("cat /sys/class/net/eth0/ifindex"))

    def ask(port: int) -> list[str]:
        program = TRY.format(four=bare.inner_address, six=six, scope=scope, port=port)
        return neighbour.run(f'python3 -c "{program}"').splitlines()

    return ask


def greets(host: LabHost) -> bool:
    """Whether sshd answers a new connection."""
    try:
        with socket.create_connection((host.address, host.ssh_port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def statuses(results: list[Result]) -> list[str]:
    return [each.status for each in results]


def altered(lab: Lab, host: LabHost) -> list[str]:
    """The lines that a check would change."""
    (result,), _ = converge(lab, host, rules(), check=True)
    return [line for line in result.patch.splitlines()[3:] if line.startswith(("-", "+"))]


def test_closed_but_for_what_is_let_in_now_and_after_a_boot(
    lab: Lab, bare: LabHost, tried: Callable[[int], list[str]]
) -> None:
    for port in (80, 8080, 9000):
        bare.run(f"systemd-run -q --unit=server{port} python3 -m http.server --bind :: {port}")
        bare.run(f"until ss -Hltn sport = :{port} | grep -q .; do sleep 0.1; done", timeout=120)
    results, _ = converge(lab, bare, *world(allow=["8080"]), check=True)
    warning = results[1].notes["warning"]
    assert "9000 (python3)" in warning
    assert "`firewall: {allow: [9000" in warning
    assert "80 (python3)" not in warning
    results, said = converge(lab, bare, *world(allow=["8080"]))
    assert {each.resource: each.status for each in results if each.status != "changed"}.keys() <= FOLDERS
    assert results[1].notes["warning"] == warning
    assert said[-2:] == [
        "armed: the host takes it back in 60 s unless a second login works",
        "a second login works: kept",
    ]
    for port, answer in ((22, "open"), (80, "open"), (8080, "open"), (443, "Connection refused"), (9000, "no answer")):
        assert tried(port) == [answer] * 2, port
    results, said = converge(lab, bare, *world(allow=["8080"]))
    assert (statuses(results), said, results[1].notes) == (["ok"] * 6, [], {})
    bare.run("systemctl stop 'server*'")
    bare.reboot()
    bare.run("systemd-run -q --unit=server9000 python3 -m http.server --bind :: 9000; sleep 1")
    assert tried(9000) == ["no answer"] * 2
    results, said = converge(lab, bare, *world(allow=["8080"]))
    assert statuses(results) == ["ok"] * 6
    bare.run("systemctl stop server9000")


def test_it_comes_back_with_whatever_nftables_does_and_goes_when_left_to_others(lab: Lab, bare: LabHost) -> None:
    results, _ = converge(lab, bare, *world())
    assert "failed" not in statuses(results)
    verbs = ("start", "reload", "restart", "stop", "enable --now")
    turn = "systemctl -q $verb nftables; while systemctl list-jobs | grep -q windlass; do sleep 0.1; done"
    look = "nft list tables | grep -c 'inet windlass'; systemctl is-active windlass-firewall"
    said = bare.run(f"for verb in {' '.join(map(repr, verbs))}; do {turn}; {look}; done", timeout=120).split()
    assert said == ["1", "active"] * 3 + ["0", "inactive"] + ["1", "active"]
    bare.run("systemctl disable -q --now nftables; nft add table inet mine; systemctl start windlass-firewall")
    others = world(managed=False)
    for check, status in ((True, "changed"), (False, "changed"), (False, "ok")):
        (result,), _ = converge(lab, bare, *others, check=check)
        assert (result.status, result.diff) == (status, {} if status == "ok" else {"exists": [True, False]})
    left = f"! ls -d {PATH} {UNIT} {DROP_IN} /etc/systemd/system/*/windlass-firewall.service 2>/dev/null"
    said = bare.run(f"nft list ruleset; {left}; systemctl is-active windlass-firewall || true").split()
    assert said == ["table", "inet", "mine", "{", "}", "inactive"]


def test_what_somebody_changes_in_its_table_or_file_is_shown_and_put_back(lab: Lab, bare: LabHost) -> None:
    converge(lab, bare, rules())
    bare.run("nft add rule inet windlass input tcp dport 9999 accept")
    assert altered(lab, bare) == ["-\t\ttcp dport 9999 accept"]
    (result,), _ = converge(lab, bare, rules())
    assert result.diff == {"loaded": [False, True]}
    assert "9999" not in bare.run("nft list ruleset")
    bare.run(f"sed -i '/dport {{ 22/d' {PATH}; echo 'nothing that nft knows' >>{PATH}")
    assert altered(lab, bare) == ["+\t\ttcp dport { 22, 80, 443 } accept", "-nothing that nft knows"]
    converge(lab, bare, rules())
    (result,), _ = converge(lab, bare, rules())
    assert result.status == "ok"


def test_rules_that_cut_us_off_are_taken_back(lab: Lab, bare: LabHost, monkeypatch: pytest.MonkeyPatch) -> None:
    (result,), _ = converge(lab, bare, rules(CUT_OFF))
    assert result.message.startswith("taken back, because no second login works with it: ")
    assert "no answer within" in result.message
    assert result.hint == "The first login has stayed open meanwhile; nothing is lost."
    assert bare.run(f"nft list ruleset; ls -A /var/lib/windlass/probation; ls {PATH} 2>/dev/null || true") == ""
    converge(lab, bare, rules())
    before = bare.run("nft list ruleset")
    once, again = ConnectOptions(attempts=1), second_login.log_in_again  # not half a minute again
    monkeypatch.setattr(second_login, "log_in_again", lambda connection, _, key: again(connection, once, key))
    (result,), _ = converge(lab, bare, rules(CUT_OFF))
    assert (result.status, bare.run("nft list ruleset")) == ("failed", before)
    assert greets(bare)


def test_rules_that_cut_the_run_itself_off_heal_by_the_hosts_own_hand(lab: Lab, bare: LabHost) -> None:
    converge(lab, bare, rules())
    before = bare.run("nft list ruleset")
    (result,), _ = converge(lab, bare, rules(DEAF, delay=5))
    assert result.message == "taken back by the host, because the second login took longer than 5 s"
    assert bare.run("nft list ruleset") == before


def test_a_power_cut_brings_the_old_rules(lab: Lab, fresh_host: LabHost, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh_host.run("mkdir -p /etc/windlass")
    monkeypatch.setattr(second_login, "log_in_again", lambda *_: fresh_host.kill() or "")
    with pytest.raises(AgentError):
        converge(lab, fresh_host, rules(CUT_OFF))
    # Rules live in the kernel, which a power cut empties; Podman would use the container's part of it again.
    fresh_host.engine.succeeds("container", "cleanup", fresh_host.container)
    fresh_host.start()
    assert fresh_host.run("nft list ruleset") == ""
    assert greets(fresh_host)


def test_refused_by_nft(lab: Lab, bare: LabHost) -> None:
    (result,), _ = converge(lab, bare, rules("flush table inet nosuch\n"))
    said = (
        "/var/lib/windlass/probation/firewall/new.nft:1:18-23: Error: Could not process rule: No such file or directory"
    )
    assert result.message.startswith(f"refused by nft, and as it was again: {said}\nflush table inet nosuch\n")
    assert bare.run("nft list ruleset") == ""


@pytest.mark.parametrize(
    ("commands", "who"),
    [
        (
            (
                "add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; "
                "policy drop; }; add chain ip filter DOCKER"
            ),
            "Docker (table ip filter, chain FORWARD)",
        ),
        (
            (
                "add table inet mine; add chain inet mine in { type filter hook input priority 0; }; "
                "add rule inet mine in tcp dport 80 drop"
            ),
            "somebody's rules in table inet mine, chain in",
        ),
    ],
)
def test_other_firewalls_are_refused_and_not_touched(lab: Lab, bare: LabHost, commands: str, who: str) -> None:
    before = bare.run(f"nft '{commands}'; nft list ruleset")
    (result,), _ = converge(lab, bare, rules())
    assert (result.status, result.message) == ("failed", f"there is another firewall: {who}")
    assert result.hint == (
        "`firewall: {managed: false}` leaves all to that one. Or switch it off (e.g. `ufw disable`), then run again."
        " Mind that ports which Docker publishes are open whatever other firewalls say."
    )
    assert bare.run("nft list ruleset") == before


def test_ufw_is_refused_until_it_is_switched_off_and_iptables_legacy_too(lab: Lab, fresh_host: LabHost) -> None:
    install = "apt-get -q update && apt-get -q -y install --no-install-recommends ufw"
    fresh_host.run(f"mkdir /etc/windlass; {{ {install}; }} >/dev/null 2>&1", timeout=120)
    for switch_on, who, switch_off in (
        ("ufw allow 22/tcp; ufw --force enable", "ufw (table ip filter, chain INPUT)", "ufw disable"),
        (
            "iptables-legacy -A INPUT -p tcp --dport 81 -j DROP",
            "somebody's rules in table ip filter of iptables-legacy, chain INPUT",
            "iptables-legacy -F",
        ),
        (
            "ip6tables-legacy -P FORWARD DROP; ip6tables-legacy -N DOCKER",
            "Docker (table ip6 filter of iptables-legacy, chain FORWARD)",
            "ip6tables-legacy -P FORWARD ACCEPT; ip6tables-legacy -X",
        ),
    ):
        fresh_host.run(switch_on)
        (result,), _ = converge(lab, fresh_host, rules())
        assert (result.status, result.message) == ("failed", f"there is another firewall: {who}")
        fresh_host.run(switch_off)
        (result,), _ = converge(lab, fresh_host, rules())
        assert result.status in ("changed", "ok"), result.message
    # The kernel still has the table, and nobody can look into it.
    fresh_host.run("rm /usr/sbin/iptables-legacy-save")
    (result,), _ = converge(lab, fresh_host, rules())
    assert result.message.startswith("there may be another firewall: the kernel has a table of iptables-legacy")
    # Left to ufw, only our rules go.
    fresh_host.run("ufw --force enable")
    for status in ("changed", "ok"):
        (result,), _ = converge(lab, fresh_host, *world(managed=False))
        assert result.status == status, result.message
    assert "inet windlass" not in fresh_host.run("ufw status | grep -q 'Status: active' && nft list tables")


def test_rules_that_let_nothing_more_in_and_shut_few_out_may_stay(lab: Lab, bare: LabHost) -> None:
    guests = (
        "add table inet f2b-table; add chain inet f2b-table f2b-chain { type filter hook input priority -1; }; "
        "add rule inet f2b-table f2b-chain ip saddr 192.0.2.1 drop; "
        "add table ip nat; add chain ip nat out { type nat hook output priority 0; }; "
        "add rule ip nat out ip daddr 127.0.0.11 accept; "
        "add table inet filter; add chain inet filter input { type filter hook input priority 0; }"
    )
    bare.run(f"nft '{guests}'")
    (result,), _ = converge(lab, bare, rules())
    assert result.status == "changed"
    bare.run("nft list table inet f2b-table && nft list table ip nat && nft list table inet filter")


def test_too_many_logins_are_held_up_and_no_longer(lab: Lab, bare: LabHost) -> None:
    converge(lab, bare, *world(ssh_rate=30))
    assert next(number for number in range(200) if not greets(bare)) >= 20
    deadline = time.monotonic() + 120
    while not greets(bare):
        assert time.monotonic() < deadline

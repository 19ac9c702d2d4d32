"""nginx and several apps on a real host: trouble with one's configuration is nobody else's, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.converging import converge

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab, LabHost
    from windlass.output.outcome import Outcome

pytestmark = pytest.mark.lab

ROLES = frozenset({"base", "nginx", "site", "tls"})
SITES = "/etc/nginx/sites-enabled"


@pytest.fixture
def run(lab: Lab, tmp_path: Path) -> Any:
    """Provisions a host with the apps `one` and `two`, as far as nginx goes."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("flask\n")
    (tmp_path / "app/app.py").write_text("app = None\n")

    def provision(host: LabHost, **differences: Any) -> Outcome:
        apps = {
            name: {"source": "app", "wsgi": "app:app", "domains": [f"{name}.test"], "tls": "self-signed",
                   **differences.get(name, {})}
            for name in ("one", "two")
        }  # fmt: skip
        return converge(lab, host, apps, tmp_path, roles=ROLES)

    return provision


def statuses(outcome: Outcome, app: str) -> dict[str, str]:
    """What became of an app's resources, by kind."""
    return {each.resource.split()[0]: each.status for each in outcome.results if each.app == app}


def messages(outcome: Outcome) -> str:
    return "\n".join(each.message for each in outcome.results)


def asked(host: LabHost, name: str) -> str:
    """The status that nginx answers with over TLS."""
    context = "c = ssl._create_unverified_context()"
    ask = f"s = c.wrap_socket(socket.create_connection(('127.0.0.1', 443), 5), server_hostname='{name}')"
    send = f"s.sendall(b'GET / HTTP/1.1\\r\\nHost: {name}\\r\\n\\r\\n')"
    program = f"import socket, ssl; {context}; {ask}; {send}; print(s.recv(12)[9:].decode())"
    return host.run(f'python3 -c "{program}"').strip()


def test_life_of_two_sites(run: Any, equipped_host: LabHost) -> None:
    host = equipped_host
    assert run(host).exit_status == 0
    assert run(host).counts["changed"] == 0
    assert asked(host, "one.test") == asked(host, "two.test") == "502"  # there are no apps behind it

    # What nginx refuses is put back: here because of another's file, which is named.
    host.run("echo 'nonsense on;' >/etc/nginx/conf.d/own.conf")
    outcome = run(host, one={"nginx": {"body_limit": "1m"}})
    assert list(statuses(outcome, "one").values()) == ["ok", "failed", "skipped", "skipped"]
    assert set(statuses(outcome, "two").values()) == {"ok"}
    assert 'unknown directive "nonsense" in /etc/nginx/conf.d/own.conf:1' in messages(outcome)
    assert "client_max_body_size 100m" in host.run(f"cat {SITES}/one.conf")
    assert asked(host, "one.test") == "502"
    host.run("rm /etc/nginx/conf.d/own.conf")
    outcome = run(host, one={"nginx": {"body_limit": "1m"}})
    assert (outcome.exit_status, statuses(outcome, "one")["reload"]) == (0, "changed")

    # A site that was broken by hand is mended, whichever comes first.
    host.run(f"echo nonsense >{SITES}/one.conf")
    outcome = run(host, one={"nginx": {"body_limit": "1m"}})
    assert (outcome.exit_status, statuses(outcome, "one")["file"]) == (0, "changed")

    # A crash between change and reload: the owed reload is paid.
    host.run("""echo '["reload two"]' >/var/lib/windlass/owed.json""")
    outcome = run(host, one={"nginx": {"body_limit": "1m"}})
    assert statuses(outcome, "two") == {"placeholder": "ok", "file": "ok", "reload": "changed", "selfsigned": "ok"}

    # Everything is there again after a boot.
    host.reboot()
    assert asked(host, "two.test") == "502"
    assert '"GET / HTTP/1.1" 502' in host.run("cat /var/log/nginx/one.access.log")
    assert run(host, one={"nginx": {"body_limit": "1m"}}).counts["changed"] == 0


def test_a_port_in_use_is_named(run: Any, fresh_host: LabHost) -> None:
    fresh_host.run("systemd-run -q --unit=squatter python3 -m http.server 80")
    pid = fresh_host.run("systemctl show --value --property=MainPID squatter").strip()
    outcome = run(fresh_host)
    assert (outcome.exit_status, outcome.counts["changed"]) == (1, 0)
    assert messages(outcome).strip() == (
        f"nginx needs port 80, which is python3 (pid {pid}, squatter.service)'s; nothing was changed"
    )
    fresh_host.run("systemctl stop squatter")
    assert run(fresh_host).exit_status == 0

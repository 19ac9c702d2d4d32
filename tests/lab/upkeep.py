"""What keeps a provisioned host quiet and in order, one look each; the host is left as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost

ACCESS_LOG = "/var/log/nginx/shortener.access.log"

VISIT = """
import socket, ssl, sys
connection = socket.create_connection((sys.argv[1] if sys.argv[1:] else "127.0.0.1", 443), 10)
with ssl._create_unverified_context().wrap_socket(connection, server_hostname="shortener.lab.test") as connection:
    connection.sendall(b"GET /healthz HTTP/1.0\\r\\nHost: shortener.lab.test\\r\\n\\r\\n")
    print(connection.recv(4096).split()[1].decode())
"""


def the_journal_is_limited(lab: Lab, host: LabHost) -> None:
    said = host.run("journalctl -q -u systemd-journald -o cat")
    assert re.search(r"System Journal \(/var/log/journal/.*\) is .*, max 500(\.0)?M", said.splitlines()[-1]), said


def logs_of_nginx_rotate(lab: Lab, host: LabHost) -> None:
    """The next visitor stands in a new file, which nobody but root, nginx and administrators can read."""
    assert host.run("systemctl is-active logrotate.timer").strip() == "active"
    assert host.run(f"stat -c %a {ACCESS_LOG}").strip() == "640"
    host.run(f"echo before >>{ACCESS_LOG}; logrotate --force /etc/logrotate.d/nginx")
    # nginx is told by a signal, and so a moment later.
    host.run(f"until grep -q healthz {ACCESS_LOG}; do python3 -c '{VISIT}'; sleep 0.2; done", timeout=120)
    assert host.run(f"grep -c before {ACCESS_LOG}.1; stat -c '%a %U' {ACCESS_LOG}").split() == ["1", "640", "www-data"]


def the_clock_is_kept(lab: Lab, host: LabHost) -> None:
    """timesyncd starts at boot, but for one condition that only a container does not meet."""
    drop_in = "/run/systemd/system/systemd-timesyncd.service.d"
    assert host.run("systemctl is-enabled systemd-timesyncd").strip() == "enabled"
    host.run(f"mkdir -p {drop_in}; printf '[Unit]\\nConditionVirtualization=\\n' >{drop_in}/here.conf")
    host.run("systemctl daemon-reload; systemctl start systemd-timesyncd; systemctl is-active systemd-timesyncd")
    host.run(f"systemctl stop systemd-timesyncd; rm -r {drop_in}; systemctl daemon-reload")


def cores_are_not_dumped(lab: Lab, host: LabHost) -> None:
    """Of no login, nor of what serves visitors."""
    assert lab.ssh(host.name, ["test $(ulimit -Hc) = 0"]) == 0
    limits = host.run("cat $(printf '/proc/%s/limits ' $(pgrep 'nginx|gunicorn'))")
    cores = [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")]
    assert len(cores) > 4
    assert set(cores) == {"0"}


def people_keep_to_themselves(lab: Lab, host: LabHost) -> None:
    """What they make is theirs alone; and their new passwords have all kinds of characters."""
    assert host.run("su -l careful -c umask").strip() == "0077"
    host.run("visudo -c -q")
    assert "less than 1 digits" in new_password(host, lab.careful_password, "Three-kinds-only-mhvqt")
    assert "updated successfully" in new_password(host, lab.careful_password, "Zw3i-Kraniche?ziehen")
    host.engine.run("exec", "-i", host.container, "chpasswd", stdin=f"careful:{lab.careful_password}\n".encode())


def new_password(host: LabHost, old: str, new: str) -> str:
    """What passwd says to user careful."""
    ask = "su careful -c 'LC_ALL=C passwd' 2>&1 || true"
    return host.engine.run("exec", "-i", host.container, "sh", "-c", ask, stdin=f"{old}\n{new}\n{new}\n".encode())


def the_network_tells_it_no_way(lab: Lab, host: LabHost) -> None:
    host.run("! sysctl -ar '^net[.]ipv[46][.]conf[.].*[.](accept_redirects|accept_source_route)$' | grep -v ' = 0$'")
    assert host.run("sysctl -n net.ipv4.conf.eth0.send_redirects net.ipv4.tcp_syncookies").split() == ["0", "1"]
    host.run("test -x /sbin/modprobe || exit 0; modprobe -n -v sctp | grep -q /bin/false")


def what_is_windlasss_is_for_root_alone(lab: Lab, host: LabHost) -> None:
    found = host.run("find /var/lib/windlass /var/log/windlass /etc/windlass/firewall.nft -printf '%M %u %p\\n'")
    named = {line.split()[2] for line in found.splitlines()}
    assert {"/var/lib/windlass/lock", "/var/lib/windlass/applied.json", "/var/log/windlass/audit.jsonl"} <= named
    assert [line for line in found.splitlines() if line[4:].split()[:2] != ["------", "root"]] == []


def visitors_come_by_ipv6(lab: Lab, host: LabHost) -> None:
    assert host.run(f"python3 -c '{VISIT}' ::1").strip() == "200"


CHECKS = (
    the_journal_is_limited,
    logs_of_nginx_rotate,
    the_clock_is_kept,
    cores_are_not_dumped,
    people_keep_to_themselves,
    the_network_tells_it_no_way,
    what_is_windlasss_is_for_root_alone,
    visitors_come_by_ipv6,
)

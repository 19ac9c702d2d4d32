"""A host whose nginx serves others already: they are served as before, whatever a run comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.converging import follow, result, target
from windlass.run.plan import Roles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost
    from windlass.output.outcome import Outcome

pytestmark = pytest.mark.lab

ROLES = frozenset({"nginx", "site", "tls"})
SITES = "/etc/nginx/sites-enabled"
DROP_IN = "/etc/systemd/system/nginx.service.d/50-windlass.conf"
ASK = """\
import http.client, socket, sys
address = socket.getaddrinfo(socket.gethostname(), 80, type=socket.SOCK_STREAM)[0][4][0]
try:
    c = http.client.HTTPConnection(address, 80, timeout=5); c.request("GET", "/", headers={"Host": sys.argv[1]})
    print(c.getresponse().status)
except (OSError, http.client.HTTPException) as error:
    print(type(error).__name__)
"""
SERVE = """\
import http.server, os, socketserver, sys
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): pass
class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self): return "-"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "5"); self.end_headers()
        self.wfile.write(b"other")
os.umask(0)
Server(sys.argv[1], Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def served(lab: Lab) -> Iterator[LabHost]:
    """A host with an nginx of somebody else's, and no Windlass yet."""
    host = lab.add_host("served", say=print)
    host.wait()
    host.run(
        "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install nginx openssl >/dev/null 2>&1"
    )
    host.run("mkdir -p /var/www/other && echo other >/var/www/other/index.html && mkdir /opt/other && chmod 755 /home")
    write(host, "/opt/other/serve.py", SERVE)
    write(host, "/opt/other/ask.py", ASK)
    yield host
    lab.remove_host(host.name)


@pytest.fixture
def run(lab: Lab, tmp_path: Path) -> Any:
    """Provisions a host with the app `one`, as far as nginx goes; keyword arguments are settings."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("flask\n")
    (tmp_path / "app/app.py").write_text("app = None\n")

    def provision(host: LabHost, **settings: Any) -> Outcome:
        app = {"source": "app", "wsgi": "app:app", "domains": ["one.test"], "tls": "self-signed"}
        aim = target(lab, host, {"one": app}, tmp_path)
        aim.settings = aim.settings.model_copy(update=settings)
        return follow(Roles(project=tmp_path, tags=ROLES), aim)

    return provision


def write(host: LabHost, path: str, text: str) -> None:
    host.run(f"cat >{path} <<'END'\n{text}END")


def site(host: LabHost, text: str, name: str = "other") -> None:
    """Somebody's site, which works."""
    write(host, f"{SITES}/{name}", text)
    host.run("nginx -t -q && systemctl restart nginx")
    assert other(host) == "200"


def other(host: LabHost, name: str = "other.lab.test") -> str:
    """What a visitor of that name gets at the host's own address: a status, or the name of an error."""
    return host.run(f"python3 /opt/other/ask.py {name}").strip()


def messages(outcome: Outcome) -> str:
    return "\n".join(f"{each.message}\n{each.hint}" for each in outcome.results if each.status == "failed")


def warnings(outcome: Outcome) -> str:
    return "\n".join(note["warning"] for note in outcome.notes if "warning" in note)


@pytest.fixture
def bare(served: LabHost) -> LabHost:
    """The same with nginx as its package has brought it, and no site."""
    served.run(
        "systemctl stop nginx site 2>/dev/null; rm -rf /etc/nginx/tls /etc/nginx/self-signed /var/lib/windlass"
        " /etc/nginx/conf.d/* /etc/nginx/sites-enabled/* /etc/nginx/sites-available/default /etc/nginx/nginx.conf"
        " /etc/systemd/system/nginx.service.d; systemctl daemon-reload; systemctl reset-failed;"
        " apt-get -qq -y -o Dpkg::Options::=--force-confmiss install --reinstall nginx-common >/dev/null 2>&1;"
        " ln -s /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default;"
        " systemctl restart nginx"
    )
    return served


def exists(host: LabHost, path: str) -> bool:
    return host.run(f"test -e {path} && echo yes || true") == "yes\n"


def test_what_the_sandbox_would_keep_from_it_is_refused_before_anything_is_changed(bare: LabHost, run: Any) -> None:
    bare.run("mkdir -p /var/www/other/logs")
    site(bare, "server { listen 80; server_name other.lab.test;\n"
         "access_log /var/www/other/logs/access.log; root /var/www/other; }\n")  # fmt: skip
    outcome = run(bare)
    assert outcome.exit_status == 1
    assert "systemd's restrictions would keep from nginx what its files name: " in messages(outcome)
    assert f"/var/www/other/logs/access.log ({SITES}/other:2) cannot be written to" in messages(outcome)
    assert "`nginx_sandbox: false`" in messages(outcome)
    assert (other(bare), exists(bare, DROP_IN), exists(bare, f"{SITES}/default")) == ("200", False, True)

    for folder in ("/home/worker", "/tmp"):
        sock = f"{folder}/site.sock"
        bare.run(f"mkdir -p {folder}; systemd-run -q --unit=site python3 /opt/other/serve.py {sock}")
        bare.run(f"for i in $(seq 200); do test -S {sock} && break; sleep 0.1; done")
        site(bare, "server { listen 80; server_name other.lab.test; location / { proxy_pass http://up; } }\n"
             f"upstream up {{ server unix:{sock}; }}\n")  # fmt: skip
        outcome = run(bare)
        assert f"{sock} ({SITES}/other:2) is hidden" in messages(outcome)
        assert other(bare) == "200"
        if folder == "/tmp":
            assert run(bare, nginx_sandbox=False).exit_status == 0
            assert other(bare) == "200"
        bare.run(f"systemctl stop site; rm -f {sock}")


def test_a_restart_that_others_do_not_outlive_is_taken_back(bare: LabHost, run: Any) -> None:
    # Nothing in nginx's files says that the page is a link into somebody's home.
    bare.run("mkdir -p /home/worker && echo other >/home/worker/page && ln -s /home/worker/page /var/www/other/page")
    site(bare, "server { listen 80; server_name other.lab.test; root /var/www/other; index page; }\n")
    outcome = run(bare)
    assert result(outcome, "restart").status == "failed"
    assert "others' visitors were answered otherwise than before:" in messages(outcome)
    assert f"other.lab.test/ at {bare.inner_address}: 200 before ({SITES}/other:1), 403 after" in messages(outcome)
    assert f"as it was again: {DROP_IN}" in messages(outcome)
    assert "`nginx_sandbox: false`" in messages(outcome)
    assert (other(bare), exists(bare, DROP_IN)) == ("200", False)

    # One that does not start at all.
    site(bare, "server { listen 80; server_name other.lab.test; root /var/www/other; }\n")
    bare.run("mkdir -p /etc/systemd/system/nginx.service.d")
    write(bare, "/etc/systemd/system/nginx.service.d/theirs.conf", "[Service]\nExecStartPre=/bin/touch /srv/begun\n")
    bare.run("systemctl daemon-reload && systemctl restart nginx")
    outcome = run(bare)
    assert "nginx.service does not start" in messages(outcome)
    assert "touch: cannot touch '/srv/begun': Read-only file system" in messages(outcome)
    assert (other(bare), exists(bare, DROP_IN)) == ("200", False)
    assert run(bare, nginx_sandbox=False).exit_status == 0
    assert other(bare) == "200"


def test_a_listener_for_both_families_is_named(bare: LabHost, run: Any) -> None:
    bare.run("rm /etc/nginx/sites-enabled/default")
    site(bare, "server { listen [::]:80 ipv6only=off; server_name other.lab.test; root /var/www/other; }\n")
    outcome = run(bare)
    assert f"`listen [::]:80 ipv6only=off` ({SITES}/other:1) takes IPv4's port, too" in messages(outcome)
    assert other(bare) == "200"
    bare.run("systemctl restart nginx")  # what is on the disk works as well
    assert other(bare) == "200"
    site(bare, "server { listen 80; listen [::]:80; server_name other.lab.test; root /var/www/other; }\n")
    assert run(bare).exit_status == 0
    assert other(bare) == "200"


def test_sites_in_nginx_conf_itself(bare: LabHost, run: Any) -> None:
    theirs = "server { listen 80; server_name other.lab.test; root /var/www/other; }"
    bare.run(f"sed -i 's|^http {{|http {{ {theirs}|' /etc/nginx/nginx.conf && systemctl restart nginx")
    before = bare.run("cat /etc/nginx/nginx.conf")
    outcome = run(bare)
    line = bare.run("grep -n 'server { listen 80' /etc/nginx/nginx.conf | cut -d: -f1").strip()
    assert f": 200 before (/etc/nginx/nginx.conf:{line}), no answer after" in messages(outcome)
    assert (other(bare), bare.run("cat /etc/nginx/nginx.conf")) == ("200", before)
    # Where it is in a file of its own, all goes well, and the old nginx.conf is kept.
    write(bare, "/etc/nginx/conf.d/theirs.conf", f"{theirs}\n")
    outcome = run(bare)
    assert outcome.exit_status == 0
    kept = bare.run("ls /var/lib/windlass/replaced/etc/nginx/nginx.conf.*").strip()
    assert warnings(outcome) == f"/etc/nginx/nginx.conf was somebody's own: what was there is kept as {kept}"
    assert (other(bare), bare.run(f"cat {kept}")) == ("200", before)
    assert [each for each in run(bare).results if each.status == "changed"] == []


@pytest.mark.parametrize("form", ["edited", "a file of its own"])
def test_the_stock_site_that_somebody_has_made_his_own(bare: LabHost, run: Any, form: str) -> None:
    if form == "edited":
        bare.run("sed -i 's/server_name _;/server_name mine.example;/' /etc/nginx/sites-available/default")
    else:
        bare.run(f"rm {SITES}/default")
        write(bare, f"{SITES}/default", "server { listen 80; server_name mine.example; root /var/www/other; }\n")
    bare.run("nginx -t -q && systemctl restart nginx")
    assert other(bare, "mine.example") == "200"
    outcome = run(bare)
    assert (outcome.exit_status, other(bare, "mine.example")) == (0, "200")
    said = "\n".join(str(note.get("nginx", "")) for note in outcome.notes)
    assert f"nginx: {SITES}/default is no longer the distribution's own, and stays as it is" in said
    assert ("names that no app has on port 80 go to" in said) == (form == "edited")
    assert run(bare).counts["changed"] == 0


def test_two_blocks_for_one_domain(bare: LabHost, run: Any) -> None:
    """Theirs comes after ours in nginx's order, so that ours would hide it."""
    site(bare, "server { listen 80; server_name one.test other.lab.test; root /var/www/other; }\n", "zzz")
    outcome = run(bare)
    assert f"http://one.test/ at {bare.inner_address}: 200 before ({SITES}/zzz:1), 301 after" in messages(outcome)
    assert f", by {SITES}/one.conf:" in messages(outcome)
    assert (other(bare, "one.test"), exists(bare, f"{SITES}/one.conf")) == ("200", False)

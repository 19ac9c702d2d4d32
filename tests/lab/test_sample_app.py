"""The sample app in production: on Debian 12 with SQLite; on Debian 13 with PostgreSQL, Redis and metrics."""

from __future__ import annotations

import json
import re
import secrets
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.lab.commands import Commands
from windlass.lab.visit import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.equipped import Equipped
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

SECRETS = {name: secrets.token_urlsafe(32) for name in ("SECRET_KEY", "METRICS_TOKEN", "password")}
APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y"
ROLE = f"CREATE ROLE shortener LOGIN PASSWORD '{SECRETS['password']}'"
SQLITE = {"SECRET_KEY": SECRETS["SECRET_KEY"], "DATABASE_URL": "sqlite:////var/lib/shortener/shortener.db"}
SERVERS = {
    "SECRET_KEY": SECRETS["SECRET_KEY"],
    "DATABASE_URL": f"postgresql://shortener:{SECRETS['password']}@127.0.0.1/shortener",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "METRICS_TOKEN": SECRETS["METRICS_TOKEN"],
}


@dataclass
class Site:
    """The provisioned app."""

    commands: Commands
    lab: Lab
    host: LabHost
    name: str
    environment: dict[str, str]

    def visitor(self) -> Visitor:
        """A browser of sorts, over verified TLS."""
        return Visitor(self.name, self.host.address, self.host.https_port, self.lab.acme.roots())

    def submit(self, visitor: Visitor, path: str, **fields: str) -> tuple[int, str, str]:
        """Fill in the form at `path`: status, Location and body of the answer."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.ask("GET", path)[2])
        assert token
        return visitor.ask("POST", path, {"csrf_token": token[1], **fields})

    def journal(self) -> list[str]:
        """What the app and its Gunicorn have said."""
        return self.host.run("journalctl --sync; journalctl -o cat -u 'shortener@*.service'").splitlines()


@pytest.fixture(scope="module", params=["debian:12", "debian:13"])
def site(request: pytest.FixtureRequest, lab: Lab, equipped: Equipped, project: Path) -> Iterator[Site]:
    number = request.param.rpartition(":")[2]
    host = equipped.add(lab, f"sample{number}", request.param)
    try:
        host.wait()
        site = Site(Commands.in_new_folder(project), lab, host, f"sample{number}.lab.test", SQLITE)
        lab.acme.set_name(site.name, host.inner_address)
        if number == "13":
            site.environment = SERVERS
            host.run(f"{APT} update && {APT} --no-install-recommends install postgresql redis-server", timeout=300)
            host.run(f'cd / && runuser -u postgres -- psql -c "{ROLE}" -c "CREATE DATABASE shortener OWNER shortener"')
        provision(site)
        yield site
    finally:
        lab.remove_host(host.name)


def provision(site: Site) -> None:
    """The demo's settings, with this host's name and environment."""
    settings = yaml.safe_load((site.commands.folder / "inventory/group_vars/lab.yml").read_text())
    env_file = f"secrets/{site.host.name}.env"
    app = settings["apps"]["shortener"] | {"domains": [site.name], "env": {}, "env_file": env_file}
    lines = [f"{name}={value}\n" for name, value in site.environment.items()]
    site.commands.write(env_file, "".join(lines), 0o600)
    site.commands.write(f"inventory/host_vars/{site.host.name}.yml", yaml.safe_dump({"apps": {"shortener": app}}))
    assert site.commands.json("provision", site.host.name)["failed"] == 0
    again = site.commands.json("provision", site.host.name)["resources"]
    assert [each for each in again if each["status"] != "ok"] == []


def test_a_user_makes_follows_finds_and_deletes_a_link(site: Site) -> None:
    with closing(site.visitor()) as visitor, closing(site.visitor()) as stranger:
        account = {"name": "alice", "password": "correct horse battery staple"}
        assert site.submit(visitor, "/register", **account)[:2] == (303, "/links")
        wish = {"target": "https://b\u00fccher.example/", "alias": "my-talk", "expires_at": "2099-12-31"}
        assert site.submit(visitor, "/", **wish)[:2] == (303, "/links/my-talk")
        assert stranger.ask("GET", "/my-talk")[:2] == (302, "https://xn--bcher-kva.example/")
        assert stranger.ask("GET", "/links/my-talk")[0] == 404
        assert "https://xn--bcher-kva.example/" in visitor.ask("GET", "/links?q=TALK")[2]
        assert visitor.ask("GET", "/links/my-talk/qr.svg")[0] == 200
        assert site.submit(visitor, "/links/my-talk/delete")[:2] == (303, "/links")
        assert stranger.ask("GET", "/my-talk")[0] == 404


def test_a_name_that_leads_into_a_private_network_is_refused(site: Site) -> None:
    site.host.run("echo '10.1.2.3 intranet.example.com' >> /etc/hosts")
    with closing(site.visitor()) as visitor:
        status, _, page = site.submit(visitor, "/", target="https://intranet.example.com/payroll")
        assert status == 422
        assert "in a private network" in page
        assert 'value="https://intranet.example.com/payroll"' in page


def test_metrics_are_not_public(site: Site) -> None:
    with closing(site.visitor()) as visitor:
        assert visitor.ask("GET", "/metrics")[0] == 404
        visitor.request("GET", "/metrics", headers={"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"})
        answer = visitor.getresponse()
        text = answer.read().decode()
    assert answer.status == (200 if "METRICS_TOKEN" in site.environment else 404)
    assert ('http_requests_total{method="GET",route="/metrics",status="404"}' in text) == (answer.status == 200)


def test_each_request_is_one_json_line_with_the_id_that_nginx_gave_it(site: Site) -> None:
    code = f"no-such-link-{secrets.token_hex(4)}"
    with closing(site.visitor()) as visitor:
        assert visitor.ask("GET", f"/{code}")[0] == 404
    (line,) = site.host.run(f"grep {code} /var/log/nginx/shortener.access.log").splitlines()
    request_id = re.findall(rf" {site.name} ([0-9a-f]{{32}}) ", line)[0]
    journal = site.journal()
    (told,) = [json.loads(line) for line in journal if request_id in line]
    assert (told["method"], told["route"], told["status"]) == ("GET", "/<code:code>", 404)
    assert told["duration_ms"] > 0
    # Gunicorn would say it again, and in its own words.
    assert not [line for line in journal if code in line or '"GET ' in line]


def test_rates_are_counted_where_the_configuration_says(site: Site) -> None:
    with closing(site.visitor()) as visitor:
        assert site.submit(visitor, "/", target="https://www.example.com/counted")[0] == 303
    if "REDIS_URL" in site.environment:
        assert "create" in site.host.run("redis-cli keys '*'")
        count = 'cd / && runuser -u postgres -- psql -qtA shortener -c "SELECT count(*) FROM rate"'
        assert site.host.run(count).strip() == "0"
    else:
        count = "import sqlite3; print(sqlite3.connect('/var/lib/shortener/shortener.db').execute(%s).fetchone()[0])"
        counted = site.host.run(f'runuser -u shortener -- python3 -c "{count % repr("SELECT count(*) FROM rate")}"')
        assert int(counted) > 0


def test_without_its_database_it_says_so_and_comes_back(site: Site) -> None:
    if "REDIS_URL" not in site.environment:
        pytest.skip("SQLite is never away")
    with closing(site.visitor()) as visitor:
        site.host.run("systemctl stop postgresql 'postgresql@*'")  # the first alone does not wait for the server
        assert visitor.ask("GET", "/healthz")[::2] == (200, "ok\n")
        assert visitor.ask("GET", "/readyz")[::2] == (503, "not ready\n")
        status, _, page = visitor.ask("GET", "/any-link")
        assert status == 503
        assert "could not be done just now" in page
        site.host.run("systemctl start postgresql; for _ in $(seq 50); do pg_isready -q && break; sleep 0.2; done")
        assert visitor.ask("GET", "/readyz")[::2] == (200, "ready\n")


def test_no_secret_is_logged(site: Site) -> None:
    logged = "\n".join(site.journal()) + site.host.run("cat /var/log/nginx/*.log")
    assert logged
    assert not [name for name, value in SECRETS.items() if value in logged]

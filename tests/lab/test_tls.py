"""The life of certificates on real hosts: a real certbot, a real ACME server, a real nginx, on both Debians."""

from __future__ import annotations

import datetime
import hashlib
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lab.conftest import disposable_lab
from tests.lab.converging import converge, result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.equipped import Equipped
    from windlass.lab import Lab, LabHost
    from windlass.output.outcome import Outcome

pytestmark = pytest.mark.lab

ROLES = frozenset({"base", "nginx", "certbot", "site", "tls"})
CHANGED = "changed"


@dataclass
class World:
    """A host with the apps `one` and `two`, as far as nginx and certificates go; `apps` are their settings."""

    lab: Lab
    host: LabHost
    project: Path
    apps: dict[str, dict[str, Any]]

    def run(self, **request: Any) -> Outcome:
        for app in self.apps.values():
            for domain in app["domains"]:
                self.lab.acme.set_name(domain, self.host.inner_address)
        return self.converge(**request)

    def converge(self, **request: Any) -> Outcome:
        return converge(self.lab, self.host, self.apps, self.project, roles=ROLES, **request)

    def visit(self, name: str, *, verified: bool = True) -> str:
        """The hash of the certificate that is served for a name; `verified` = it must chain to the ACME root."""
        context = ssl.create_default_context(cadata=self.lab.acme.roots())
        if not verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        address = (self.host.address, self.host.https_port)
        with (
            socket.create_connection(address, 5) as plain,
            context.wrap_socket(plain, server_hostname=name) as connection,
        ):
            return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def changes(outcome: Outcome) -> list[str]:
    """The resources that a run changed; it must not have failed."""
    assert outcome.exit_status == 0, [each for each in outcome.results if each.status == "failed"] or outcome.error
    return [each.resource for each in outcome.results if each.status == CHANGED]


def failure(outcome: Outcome) -> str:
    """The message and hint of the only resource that failed."""
    (failed,) = (each for each in outcome.results if each.status == "failed")
    assert outcome.exit_status == 1
    return f"{failed.resource}: {failed.message}\n{failed.hint}"


def six_days(names: list[str]) -> tuple[str, str]:
    """A certificate for six days, new, and its key."""
    return old_certificate(names, past=0, left=6)


def old_certificate(names: list[str], past: int = 80, left: int = 20) -> tuple[str, str]:
    """A certificate with a fifth of its life left, or so many days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(past)).not_valid_after(now + datetime.timedelta(left))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    chain = builder.sign(key, hashes.SHA256()).public_bytes(pem)
    return chain.decode(), key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode()


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of our own: its ACME server is restarted, which makes certificates of others void."""
    with disposable_lab(tmp_path_factory.mktemp("tls")) as lab:
        yield lab


@pytest.fixture(scope="module", params=["debian:12", "debian:13"])
def world(
    request: pytest.FixtureRequest, own_lab: Lab, equipped: Equipped, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """A provisioned host."""
    host = equipped.add(own_lab, f"tls{request.param[-2:]}", request.param)
    host.wait()
    project = tmp_path_factory.mktemp("project")
    (project / "app").mkdir()
    (project / "app/requirements.txt").write_text("flask\n")
    (project / "app/app.py").write_text("app = None\n")
    tls = {"directory_url": own_lab.acme.directory_url, "ca_file": str(own_lab.acme.ca_file), "email": "me@lab.test"}
    names = {name: f"{name}.{host.name}.test" for name in ("one", "two")}
    apps = {
        name: {"source": "app", "wsgi": "app:app", "domains": [domain], "tls": dict(tls)}
        for name, domain in names.items()
    }
    found = World(own_lab, host, project, apps)
    assert "certificate one" in changes(found.run())
    return found


def test_verified_https_after_the_first_run_and_nothing_to_do_in_the_second(world: World) -> None:
    outcome = world.run()
    assert changes(outcome) == []
    notes = result(outcome, "certificate").notes
    assert notes["url"] == f"https://{world.apps['one']['domains'][0]}/"
    assert notes["issuer"].startswith("Pebble")
    served = {world.visit(app["domains"][0]) for app in world.apps.values()}
    assert len(served) == 2
    assert world.host.run("systemctl --failed --no-legend").strip() == ""


def test_the_first_key_exchange_is_the_best_that_the_host_has(world: World) -> None:
    name = world.apps["one"]["domains"][0]
    ask = f"openssl s_client -connect 127.0.0.1:443 -servername {name} </dev/null 2>&1"
    best = "X25519MLKEM768" if world.host.name == "lab13" else "X25519"
    said = world.host.run(f"{ask} | grep -E 'Negotiated TLS1.3 group|Server Temp Key'")
    assert best in said


def test_a_domain_more_and_a_domain_less(world: World) -> None:
    domains = world.apps["one"]["domains"]
    more = f"more.{world.host.name}.test"
    domains.append(more)
    assert changes(world.run()) == ["file /etc/nginx/sites-enabled/one.conf", "reload one", "certificate one"]
    assert world.visit(more) == world.visit(domains[0])
    domains.remove(more)
    assert changes(world.run())[-1] == "certificate one"
    assert world.host.run("ls /etc/letsencrypt/renewal").split() == ["one.conf", "two.conf"]
    with pytest.raises(ssl.SSLError):
        world.visit(more)


def test_the_timers_renewal_is_served(world: World) -> None:
    name = world.apps["one"]["domains"][0]
    before = world.visit(name)
    assert world.host.run("systemctl is-active certbot.timer").strip() == "active"
    conf = "/etc/letsencrypt/renewal/one.conf"
    world.host.run(f"sed -i 's/^# renew_before_expiry.*/renew_before_expiry = 3650 days/' {conf}")
    # Pebble refuses some nonces on purpose, and certbot tries but once more; Debian's timer would come again.
    world.host.run("for try in 1 2 3; do systemctl start certbot.service && exit; done; exit 1", timeout=300)
    world.host.run(f"sed -i 's/^renew_before_expiry.*/# renew_before_expiry = 30 days/' {conf}")
    assert world.visit(name) != before
    assert changes(world.run()) == []


def test_a_renewal_without_reload_is_made_up_for(world: World) -> None:
    name = world.apps["one"]["domains"][0]
    trust = "REQUESTS_CA_BUNDLE=/etc/windlass/acme-ca/one.pem"
    renew = "certbot renew -q --cert-name one --force-renewal --no-random-sleep-on-renew --no-directory-hooks"
    world.host.run(f"for try in 1 2 3; do {trust} {renew} && exit; done; exit 1", timeout=240)
    before = world.visit(name)
    outcome = world.run()
    assert changes(outcome) == ["certificate one"]
    assert result(outcome, "certificate").diff == {"served": [False, True]}
    assert world.visit(name) != before


def test_a_lost_link_costs_no_new_certificate(world: World) -> None:
    before = world.visit(world.apps["one"]["domains"][0])
    world.host.run("rm /etc/nginx/tls/one")
    assert changes(world.run()) == ["placeholder one", "certificate one"]
    assert world.visit(world.apps["one"]["domains"][0]) == before


@pytest.mark.parametrize("damage", ["rm /etc/letsencrypt/renewal/one.conf", ": >/etc/letsencrypt/live/one/privkey.pem"])
def test_what_is_left_of_a_certificate_is_cleared_away(world: World, damage: str) -> None:
    before = world.visit(world.apps["one"]["domains"][0])
    world.host.run(damage)
    assert changes(world.run())[-1] == "certificate one"
    assert world.visit(world.apps["one"]["domains"][0]) != before
    assert world.host.run("ls /etc/letsencrypt/renewal").split() == ["one.conf", "two.conf"]
    assert changes(world.run()) == []


def test_one_that_was_not_renewed_in_time_is_replaced(world: World) -> None:
    domains = world.apps["one"]["domains"]
    chain, key = old_certificate(domains)
    world.host.run(f"cat >/etc/letsencrypt/live/one/fullchain.pem <<'E'\n{chain}\nE")
    world.host.run(f"cat >/etc/letsencrypt/live/one/privkey.pem <<'E'\n{key}\nE")
    outcome = world.run()
    assert changes(outcome) == ["certificate one"]
    assert result(outcome, "certificate").diff == {"fresh": [False, True], "served": [False, True]}
    world.visit(domains[0])


def test_a_dead_ca_leaves_a_placeholder_and_the_other_app_alone(world: World) -> None:
    url = world.lab.acme.directory_url
    world.apps = {"dead": {**world.apps["one"], "domains": [f"dead.{world.host.name}.test"]}, **world.apps}
    world.apps["dead"]["tls"] = {**world.apps["one"]["tls"], "directory_url": url.replace("14000", "14999")}
    outcome = world.run()
    assert failure(outcome) == (
        "certificate dead: no certificate from https://acme.lab.test:14999/dir: Connection refused\n"
        "Check `tls.directory_url`, and the host's DNS and its way out, then run again."
        " Until then nginx serves the certificate it has."
    )
    assert [each.status for each in outcome.results if each.app in ("one", "two")] == ["ok"] * 10
    placeholder = world.visit(world.apps["dead"]["domains"][0], verified=False)
    world.apps["dead"]["tls"]["directory_url"] = url
    world.host.run("echo 'dry-run = true' >>/etc/letsencrypt/cli.ini")
    line = world.host.run("grep -c '' /etc/letsencrypt/cli.ini").strip()
    assert failure(world.run()) == (
        "certificate dead: certbot would not do what it is asked for, because of `dry-run = true`"
        f" (/etc/letsencrypt/cli.ini:{line})\n"
        "Take that line out, or write it on the command lines that need it, then run again."
    )
    world.host.run("sed -i '$d' /etc/letsencrypt/cli.ini")
    assert changes(world.run()) == ["certificate dead"]
    assert world.visit(world.apps["dead"]["domains"][0]) != placeholder
    del world.apps["dead"]


def test_a_hook_and_challenges_that_an_earlier_set_up_has_left(world: World) -> None:
    hooked = f"hooked.{world.host.name}.test"
    world.apps["two"]["domains"].append(hooked)
    world.host.run(
        "cp -p /etc/letsencrypt/cli.ini /root/cli.ini; printf 'pre-hook = systemctl stop nginx\\npost-hook = systemctl"
        " start nginx\\npreferred-challenges = dns\\n' >>/etc/letsencrypt/cli.ini"
    )
    started = "systemctl show --value --property=ExecMainStartTimestampMonotonic nginx"
    before = world.host.run(started)
    try:
        outcome = world.run()
    finally:
        world.host.run("mv /root/cli.ini /etc/letsencrypt/cli.ini")
        world.apps["two"]["domains"].remove(hooked)
    assert "certificate two" in changes(outcome)
    assert world.host.run(started) == before
    assert world.visit(hooked)
    (told,) = [note["warning"] for note in outcome.notes if "warning" in note]
    assert "certbot: `pre-hook = systemctl stop nginx` (/etc/letsencrypt/cli.ini:" in told
    world.run()


def test_a_short_lived_certificate_is_not_renewed_at_every_run_of_the_timer(world: World) -> None:
    conf = "/etc/letsencrypt/renewal/two.conf"
    chain, key = six_days(world.apps["two"]["domains"])
    world.host.run(f"cp -rL /etc/letsencrypt/live/two /root/two; cp -p {conf} /root/two.conf")
    try:
        for name, text in (("cert", chain), ("fullchain", chain), ("privkey", key)):
            world.host.run(f"cat >/etc/letsencrypt/live/two/{name}.pem <<'E'\n{text}\nE")
        assert changes(world.run()) == ["certificate two"]
        assert world.host.run(f"grep ^renew_before {conf}").strip() == "renew_before_expiry = 48 hours"
        assert changes(world.run()) == []
        said = world.host.run("certbot renew --cert-name two --no-random-sleep-on-renew 2>&1 || true", timeout=120)
        assert "not due for renewal" in said or "not yet due for renewal" in said
    finally:
        world.host.run(
            f"cp -L /root/two/*.pem /etc/letsencrypt/live/two/; cp -p /root/two.conf {conf}; rm -r /root/two*"
        )
    world.run()


def test_somebody_elses_server_block_for_the_domain_is_named_before_the_ca_is_asked(world: World) -> None:
    front = f"front.{world.host.name}.test"
    world.apps["two"]["domains"].append(front)
    world.host.run(
        f"echo 'server {{ listen 80; server_name {front}; return 200; }}' >/etc/nginx/sites-enabled/a-theirs"
        " && systemctl reload nginx"
    )
    try:
        said = failure(world.run())
    finally:
        world.host.run("rm /etc/nginx/sites-enabled/a-theirs && systemctl reload nginx")
        world.apps["two"]["domains"].remove(front)
    assert said == (
        f"certificate two: no certificate from {world.lab.acme.directory_url}: the CA would come to the server block at"
        f" /etc/nginx/sites-enabled/a-theirs:1, which answers to {front}, not to ours\n"
        "Take the domain out there, or out of the app's `domains`, then run again."
    )
    world.run()


def test_a_domain_that_does_not_resolve(world: World) -> None:
    before = world.visit(world.apps["two"]["domains"][0])
    late = f"late.{world.host.name}.test"
    world.apps["two"]["domains"].append(late)
    world.lab.acme.break_name(late)
    words = failure(world.converge())
    assert f"{late}: " in words
    assert f"{late} does not resolve on the host, either" in words
    assert "then run again" in words
    assert world.visit(world.apps["two"]["domains"][0]) == before
    assert changes(world.run()) == ["certificate two"]
    world.visit(late)


def test_modes_can_be_changed_to_and_fro(world: World) -> None:
    name = world.apps["two"]["domains"][0]
    acme = world.apps["two"]["tls"]
    real = world.visit(name)
    world.apps["two"]["tls"] = {"mode": "self-signed"}
    assert "selfsigned two" in changes(world.run())
    assert world.visit(name, verified=False) != real
    assert changes(world.run()) == []
    world.apps["two"]["tls"] = {"mode": "off"}
    changes(world.run())
    with pytest.raises(ssl.SSLError):
        world.visit(name, verified=False)
    assert "HTTP/1.1 502" in world.host.run(f"python3 - {name} <<'E'\n{ASK}\nE")
    world.apps["two"]["tls"] = acme
    changes(world.run())
    assert world.visit(name) == real
    assert "HTTP/1.1 301" in world.host.run(f"python3 - {name} <<'E'\n{ASK}\nE")


ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", 80), 5) as connection:
    connection.sendall(f"GET / HTTP/1.1\\r\\nHost: {sys.argv[1]}\\r\\nConnection: close\\r\\n\\r\\n".encode())
    print(connection.recv(100).decode())
"""


def test_an_acme_server_without_memory_and_with_moods(world: World) -> None:
    """It has forgotten our account, and refuses one request in five with badNonce."""
    world.lab.acme.restart({"PEBBLE_WFE_NONCEREJECT": "20"})
    try:
        domains = world.apps["one"]["domains"]
        domains.append(f"after.{world.host.name}.test")
        # The other app's renewals would use the forgotten account.
        assert changes(world.run())[-2:] == ["certificate one", "certificate two"]
        for number in range(1):
            domains[-1] = f"again{number}.{world.host.name}.test"
            assert "certificate one" in changes(world.run())
        world.visit(domains[-1])
        assert changes(world.run()) == []
    finally:
        world.lab.acme.restart({})

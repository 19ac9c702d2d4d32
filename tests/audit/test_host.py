"""Audits of a host that Windlass has made. Each has a guard against the tool having seen nothing at all."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from roles.sandbox import properties, sandbox
from tests.audit import lynis
from tests.audit.audited import NAME
from tests.audit.inside import OF_THE_MACHINE, look_inside
from tests.audit.tools import OBSERVATORY, node, program, python_tool, said
from tests.roles.hosts import apps, host

if TYPE_CHECKING:
    from tests.audit.audited import Audited
    from tests.audit.figures import Figures
    from tests.audit.inside import Inside
    from tests.audit.scans import Scans

pytestmark = [pytest.mark.audit, pytest.mark.lab, pytest.mark.soak]

ACTS = Path(__file__).parents[1] / "lab/release/acts.py"
SSH_POLICY = "Hardened Debian 12 (version 3)"


@pytest.fixture(scope="module", autouse=True)
def begun(scans: Scans) -> None:
    """What takes long runs while the others do."""


def tls_findings(audited: Audited, profile: str) -> int:
    """What sslyze has against the host's TLS; it must have come to a verdict."""
    target = f"{NAME}:{audited.host.https_port}{{{audited.host.address}}}"
    options = [f"--mozilla_config={profile}", f"--certinfo_ca_file={audited.roots}"]
    verdict = said(python_tool("sslyze"), *options, target, status={0, 1}).partition("COMPLIANCE AGAINST")[2]
    print(verdict)
    assert f'"{profile}" configuration' in verdict
    return 0 if "OK - Compliant" in verdict else max(1, verdict.count("\n        * "))


def test_sslyze_intermediate(audited: Audited, figures: Figures) -> None:
    figures.meet("tls, findings against Mozilla's intermediate", tls_findings(audited, "intermediate"))


def test_observatory(audited: Audited, figures: Figures) -> None:
    name = "headers of the sample app, score"
    if audited.host.https_port != 443:
        figures.note(name, "asks port 443 only")
        pytest.skip("the Observatory asks port 443 only, which lab hosts have no address for on this system")
    figures.note(name, "needs Node.js 20")
    scan = said(
        node(),
        f"--require={Path(__file__).with_name('observatory')}/resolve.cjs",
        f"{OBSERVATORY}/src/scan.js",
        NAME,
        NODE_EXTRA_CA_CERTS=str(audited.roots),
        AUDITED_NAME=NAME,
        AUDITED_ADDRESS=audited.host.address,
    )
    found = json.loads(scan)["scan"]
    assert (found["statusCode"], found["testsFailed"]) == (200, 0)
    figures.meet(name, found["score"])


def test_gixy(audited: Audited, figures: Figures, tmp_path: Path) -> None:
    dump = tmp_path / "nginx.conf"
    dump.write_text(audited.host.run("nginx -T 2>/dev/null"))
    assert f"server_name {NAME};" in dump.read_text()
    found = json.loads(said(python_tool("gixy"), "-f", "json", str(dump), status={0, 1}))
    print(found)
    figures.meet("nginx's configuration, findings", len(found))


def exposure(audited: Audited, unit: str, *options: str) -> float:
    said = audited.host.run(f"systemd-analyze security --no-pager {' '.join(options)} {unit} 2>&1 || true")
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    return float(found[1])


def test_exposure_of_units_that_run(audited: Audited, figures: Figures) -> None:
    figures.meet("nginx's unit, exposure", exposure(audited, "nginx.service"))
    release = audited.host.run("readlink /srv/shortener/current").strip().rpartition("/")[2]
    figures.meet("app's unit, exposure, network", exposure(audited, f"shortener@{release}.service"))


@pytest.mark.parametrize("level", ["isolated", "loopback", "network"])
def test_exposure_of_an_app_by_its_network(audited: Audited, figures: Figures, level: str) -> None:
    here = host(apps={"shop": {"sandbox": {"network": level}}})
    unit = f"[Service]\nUser=shop\nExecStart=/bin/true\n{sandbox(here, apps(here)[0])}"
    path = f"/tmp/{level}.service"
    audited.host.engine.run("exec", "-i", audited.host.container, "sh", "-c", f"cat >{path}", stdin=unit.encode())
    figures.meet(f"app's unit, exposure, {level}", exposure(audited, path, "--offline=true"))


def test_ports(audited: Audited, figures: Figures) -> None:
    sockets = [line.split()[3] for line in audited.host.run("ss -Hltn").splitlines()]
    ports = {address.rpartition(":")[2] for address in sockets if not address.startswith(("127.", "[::1]"))}
    assert {"80", "443"} <= ports
    figures.meet("ports open beyond loopback", len(ports))


def test_versions(audited: Audited, figures: Figures) -> None:
    ports = [str(port) for port in (audited.host.ssh_port, audited.host.http_port, audited.host.https_port)]
    options = ["-sT", "-Pn", "-sV", "-oX", "-", "-p", ",".join(ports)]
    found = said(program("nmap"), *options, audited.host.address)
    assert found.count('state="open"') == len(ports)
    figures.meet("versions told to a stranger", len(re.findall(r'<service [^>]*\bversion="', found)))


def test_forbidden_acts(audited: Audited, figures: Figures) -> None:
    beside = "/srv/notes/releases/1"
    files = f"cd {beside} && cat >acts.py && touch env release.json && chmod 600 env release.json"
    making = f"useradd --system notes && mkdir -p {beside} /run/notes /var/lib/notes && chown notes /var/lib/notes"
    inside = ["exec", "-i", audited.host.container, "sh", "-c"]
    audited.host.engine.run(*inside, f"{making} && {files} && touch /tmp/windlass-test", stdin=ACTS.read_bytes())
    here = host(apps={"notes": {}})
    sandboxed = tried(audited, properties(here, apps(here)[0]))
    plain = tried(audited, [])
    audited.host.run("userdel notes; rm -r /srv/notes /run/notes /var/lib/notes /tmp/windlass-test")
    assert sandboxed["tried"] >= 25
    assert {"make a user namespace", "see the host's /tmp"} <= set(plain["acts"])
    print(sandboxed["acts"])
    figures.meet("app's unit, forbidden acts that are possible", len(sandboxed["acts"]))


def tried(audited: Audited, restrictions: list[str]) -> dict[str, Any]:
    """What a program can do in a unit with these lines, as an app of its own."""
    lines = ["User=notes", "Environment=STATE_DIRECTORY=/var/lib/notes ELSEWHERE=127.0.0.1", *restrictions]
    options = " ".join(shlex.quote(f"--property={line}") for line in lines)
    command = f"systemd-run -q --pipe --wait {options} python3 /srv/notes/releases/1/acts.py"
    found: dict[str, Any] = json.loads(audited.host.run(command))
    return found


def test_testssl(scans: Scans, figures: Figures) -> None:
    found = re.search(r"Final Score +(\d+)\n Overall Grade +(\S+)", scans.testssl)
    assert found, scans.testssl
    figures.meet("tls, grade", found[2])
    figures.meet("tls, score", int(found[1]))


def rated(inside: Inside) -> list[lynis.Rating]:
    """lynis's points, which make up its index."""
    found = list(lynis.ratings(inside.lynis))
    said = lynis.INDEX.search(inside.lynis)
    assert said, inside.lynis[-2000:]
    assert lynis.index(found) == int(said[1])
    for each in found:
        if each.points < each.most:
            print(each)
    return found


def test_lynis(scans: Scans, figures: Figures) -> None:
    found = rated(scans.inside)
    figures.meet("index of the host", lynis.index(found))
    own = [each for each in found if not each.is_of_the_machine]
    figures.meet("index of the host, without what is the machine's", lynis.index(own))


def test_openscap(scans: Scans, figures: Figures) -> None:
    for profile, score in scans.inside.openscap.items():
        figures.meet(f"rules of ANSSI, {profile}", round(score, 1))


def test_wapiti(audited: Audited, scans: Scans, figures: Figures) -> None:
    found = scans.wapiti
    for kind in ("vulnerabilities", "anomalies"):
        print(kind, {name: each for name, each in found[kind].items() if each})
    log = audited.host.run(f"grep -F '{audited.visitor.inner_address} ' /var/log/nginx/{NAME.split('.')[0]}.access.log")
    answers = Counter(re.findall(r'" (\d{3}) ', log))
    print(answers)
    # The sample app's own limit of logins stays.
    assert answers.total() - answers["429"] > 500
    figures.meet("sample app, vulnerabilities", sum(map(len, found["vulnerabilities"].values())))
    figures.meet("sample app, errors of the server", sum(count for status, count in answers.items() if status >= "500"))


def test_sslyze_modern(strict: Audited, figures: Figures) -> None:
    strict.commands("provision", "lab", "--tags", "nginx", "-e", "tls.profile=modern")
    figures.meet("tls, findings against Mozilla's modern", tls_findings(strict, "modern"))


def test_inside_when_set_for_auditors(strict: Audited, figures: Figures) -> None:
    inside = look_inside(strict, *OF_THE_MACHINE)
    figures.meet("index of the host, set for auditors", lynis.index(rated(inside)))
    for profile, score in inside.openscap.items():
        figures.meet(f"rules of ANSSI, {profile}, set for auditors, without what is the machine's", round(score, 1))


def test_ssh_audit_policy(audited: Audited, figures: Figures) -> None:
    output = ssh_audit(audited, "-P", SSH_POLICY)
    assert f"Policy: {SSH_POLICY}" in output
    assert ("Passed" in output) != ("Failed!" in output)
    figures.meet("sshd, departures from Hardened Debian 12", output.count("\n  * "))


def test_ssh_audit(audited: Audited, figures: Figures) -> None:
    """The last to log in: its floods of connections use up what this machine may make for a while."""
    output = ssh_audit(audited, "-l", "info")
    assert "(kex)" in output
    figures.meet("sshd, failures", output.count("[fail]"))
    figures.meet("sshd, warnings", output.count("[warn]"))
    figures.meet("sshd, connections let in until it is flooded", output.count("CVE-2002-20001"))


def ssh_audit(audited: Audited, *options: str) -> str:
    """What ssh-audit says."""
    address = ["-p", str(audited.host.ssh_port), audited.host.address]
    output = said(python_tool("ssh-audit"), "--no-colors", *options, *address, status={0, 1, 2, 3})
    print(output)
    return output


def test_no_figure_is_missing(figures: Figures, request: pytest.FixtureRequest) -> None:
    run = {item.name.partition("[")[0] for item in request.session.items}
    if not {name for name in globals() if name.startswith("test_")} <= run:
        pytest.skip("only a part of the audit was asked for")
    assert figures.missing("host") == set()

"""Audits of a host that Windlass has made. Each has a guard against the tool having seen nothing at all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from roles import HOST_ROLES
from roles.sandbox import sandbox
from tests.audit.conftest import NAME
from tests.audit.figures import TARGETS
from tests.audit.tools import OBSERVATORY, node, program, python_tool, said
from tests.roles.hosts import apps, host

if TYPE_CHECKING:
    from tests.audit.conftest import Audited
    from tests.audit.figures import Figures

pytestmark = [pytest.mark.audit, pytest.mark.lab]


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
    if audited.host.https_port != 443:
        pytest.skip("the Observatory asks port 443 only, which lab hosts have no address for on this system")
    name = "headers of the sample app, score"
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


def test_lynis(audited: Audited, figures: Figures) -> None:
    install = "DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends lynis >/dev/null 2>&1"
    audited.host.run(install, timeout=200)
    output = audited.host.run("lynis audit system --quick --no-colors 2>&1 || true", timeout=200)
    audited.host.run("apt-get -q -y purge lynis >/dev/null 2>&1", timeout=200)
    found = re.search(r"Hardening index : ([0-9]+)", output)
    assert found, output
    figures.meet("index of the host", int(found[1]))


def test_ssh_audit(audited: Audited, figures: Figures) -> None:
    if TARGETS["sshd, failures"]["role"] not in HOST_ROLES:
        pytest.skip("there is no role for sshd yet")
    port = str(audited.host.ssh_port)
    output = said(python_tool("ssh-audit"), "-l", "info", "-p", port, audited.host.address, status={0, 1, 2, 3})
    print(output)
    assert "(kex)" in output
    figures.meet("sshd, failures", output.count("[fail]"))
    figures.meet("sshd, warnings", output.count("[warn]"))


def test_sslyze_modern(audited: Audited, figures: Figures) -> None:
    audited.commands.write("inventory/host_vars/lab.yml", "tls: {profile: modern}\n")
    audited.commands("provision", "lab", "--tags", "nginx")
    figures.meet("tls, findings against Mozilla's modern", tls_findings(audited, "modern"))

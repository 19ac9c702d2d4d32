"""What tools say that look at a host from within."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.audit.audited import Audited
    from windlass.lab import LabHost

PATIENCE = 600
DEFINITIONS = "/usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml"
CONTENT = "xccdf_org.ssgproject.content"
PROFILES = ("minimal", "intermediary", "enhanced")
PARTITIONS = ("boot", "home", "opt", "srv", "usr", "var", "var_log", "var_log_audit", "var_tmp")
# A container has no disk and no kernel of its own.
OF_THE_MACHINE = (
    *(f"partition_for_{name}" for name in PARTITIONS),
    *("apparmor_configured", "grub2_enable_apparmor", "prefer_64bit_os"),
)


@dataclass
class Inside:
    """lynis's log, and OpenSCAP's scores by ANSSI's profiles."""

    lynis: str
    openscap: dict[str, float]


def look_inside(audited: Audited, *left_out: str) -> Inside:
    """What they say, of ANSSI's rules without some; one after the other, for the later sees what the first has open."""
    host = audited.host
    host.run("lynis audit system --quick --no-colors >/dev/null 2>&1 || true", timeout=PATIENCE)
    definitions = audited.newer.run(f"cat {DEFINITIONS}", timeout=PATIENCE)
    host.engine.run("exec", "-i", host.container, "sh", "-c", "cat >/root/ds.xml", stdin=definitions.encode())
    return Inside(
        host.run("cat /var/log/lynis.log"), {profile: _score(host, profile, left_out) for profile in PROFILES}
    )


def _score(host: LabHost, profile: str, left_out: tuple[str, ...]) -> float:
    rules = " ".join(f"--skip-rule {CONTENT}_rule_{name}" for name in left_out)
    command = f"oscap xccdf eval --profile {CONTENT}_profile_anssi_bp28_{profile} {rules} --results /root/results.xml"
    # 2 = a rule is not kept
    host.run(f"{command} /root/ds.xml >/dev/null 2>&1 || test $? = 2", timeout=PATIENCE)
    (score,) = re.findall(r"<score [^>]*>([0-9.]+)<", host.run("grep -o '<score .*</score>' /root/results.xml"))
    return float(score)

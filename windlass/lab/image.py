"""The images of the lab: a bare Debian as one rents it, and the ACME server on top of the same.

An image lives in the engine's store under a tag that is a hash of all that goes into it. A root file system
made by mmdebstrap is also kept as a tar in ~/.cache/windlass: it outlives `podman system prune`, serves the
other engine, and is one file for a CI cache. A pulled image is not kept there; its registry is its cache.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import LabError, UsageError
from windlass.lab import mirror, seed, trust
from windlass.lab.engine import EngineError, fit
from windlass.lab.lock import locked

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from windlass.lab.engine import Engine, Say

SUITES = {"debian:12": "bookworm", "debian:13": "trixie"}
# What a rented Debian host has that minbase lacks. No nginx, certbot, venv: those are Windlass's work.
HOST_PACKAGES = [
    *("systemd", "systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "sudo"),
    *("ca-certificates", "iproute2", "nftables", "python3"),
]
ACME_PACKAGES = ["pebble", "dnsmasq-base"]
# Never in an image: identities, this machine's settings, and what only container images have.
CLEAN = """
rm -f etc/hostname etc/hosts etc/resolv.conf || true  # while building in a container, the engine holds them
rm -f etc/ssh/ssh_host_* etc/apt/apt.conf.d/99mmdebstrap
rm -f etc/apt/apt.conf.d/docker-* etc/dpkg/dpkg.cfg.d/docker* usr/sbin/policy-rc.d
rm -f etc/apt/sources.list etc/apt/sources.list.d/*
: > etc/machine-id
"""
BUILD = "/windlass-build"
BOOTSTRAP_TIMEOUT = 900  # seconds
MIRROR = "see that `apt-get update` works on this machine"


def suite_of(image: str) -> str:
    """The Debian suite of an image name; raises UsageError for one that the lab does not know."""
    if image not in SUITES:
        raise UsageError(f"unknown lab image {image!r}", hint=f"known: {', '.join(SUITES)}")
    return SUITES[image]


def host_image(engine: Engine, image: str, say: Say) -> str:
    """The tag of the image for lab hosts, built if the engine has none."""
    suite = suite_of(image)
    tag = _tag(image, suite, *HOST_PACKAGES, CLEAN)
    with _building(tag, say):
        if _present(engine, tag):
            return tag
        rootfs = cache_folder() / f"{tag.replace('/', '-').replace(':', '-')}.tar.gz"
        if not rootfs.exists():
            if _pullable(engine, image):
                say(f"pulling {image} and adding systemd and sshd (about 30 s, once)")
                if not _present(engine, image):
                    engine.run("pull", image, timeout=600)
                fitting = fit(engine, image, cache_folder(), f"windlass-trial-{tag.partition(':')[2]}")
                _derive(fitting, image, tag, suite, HOST_PACKAGES, CLEAN)
                return tag
            say(f"building the {image} image from {_mirror_name(suite)} (about 45 s, once)")
            _bootstrap(suite, rootfs)
        engine.run("import", str(rootfs), tag, timeout=300)
    return tag


def acme_image(engine: Engine, image: str, base: str, say: Say) -> str:
    """The tag of the ACME server's image: Debian's pebble and a DNS forwarder on top of a host image."""
    tag = _tag("acme", base, *ACME_PACKAGES)
    with _building(tag, say):
        if not _present(engine, tag):
            say("adding the ACME server to it (about 15 s, once)")
            _derive(engine, base, tag, suite_of(image), ACME_PACKAGES, "")
    return tag


def cache_folder() -> Path:
    """Where root file systems are kept between labs and clones."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "windlass"


def _tag(name: str, *parts: str) -> str:
    return f"windlass/{name.replace(':', '-')}:{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"


def _present(engine: Engine, tag: str) -> bool:
    return engine.succeeds("image", "inspect", tag)


def _building(tag: str, say: Say) -> AbstractContextManager[None]:
    """One builder per image and machine; others wait, and then find it ready."""
    return locked(cache_folder() / f"{tag.partition(':')[2]}.lock", say, f"another lab to finish the image {tag}")


def _pullable(engine: Engine, image: str) -> bool:
    """Whether the image is here or a registry answers for it; without mmdebstrap a pull is the only way."""
    if shutil.which("mmdebstrap") is None or _present(engine, image):
        return True
    return engine.succeeds("manifest", "inspect", image, timeout=8)


def _mirror_name(suite: str) -> str:
    return mirror.sources(suite)[0].split()[2].rstrip("/")


def _bootstrap(suite: str, rootfs: Path) -> None:
    """Make a root file system with mmdebstrap, which does not read this machine's apt settings by itself."""
    clean = f'cd "$1"\n{CLEAN}'
    with tempfile.TemporaryDirectory(dir=rootfs.parent) as folder:
        tar = Path(folder) / "rootfs.tar"
        argv = ["mmdebstrap", "--variant=minbase", f"--include={','.join(HOST_PACKAGES)}"]
        argv += [f"--aptopt={setting}" for setting in mirror.settings()]
        argv += [f"--customize-hook={clean}", suite, str(tar), *mirror.sources(suite)]
        if fault := _fault(argv):
            raise LabError(f"mmdebstrap could not make a {suite} image: {fault}", hint=MIRROR)
        packed = Path(folder) / "rootfs.tar.gz"
        with tar.open("rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        for outdated in rootfs.parent.glob(rootfs.name.rpartition("-")[0] + "-*.tar.gz"):
            outdated.unlink()
        packed.rename(rootfs)


def _fault(argv: list[str]) -> str | None:
    """Why mmdebstrap failed, in its own words where it has any; None = it did not."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=BOOTSTRAP_TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"it took more than {BOOTSTRAP_TIMEOUT} s"
    errors = [line for line in done.stderr.splitlines() if line.startswith("E:")]
    return (errors or [f"exit status {done.returncode}"])[0] if done.returncode else None


def _derive(engine: Engine, base: str, tag: str, suite: str, packages: list[str], clean: str) -> None:
    """Make an image of `base` plus packages; how the mirror is reached stays out of the image."""
    script = f"""set -e
        export APT_CONFIG={BUILD}/apt.conf DEBIAN_FRONTEND=noninteractive
        apt-get -q -o APT::Update::Error-Mode=any update
        apt-get -q -y install --no-install-recommends {" ".join(packages)}
        apt-get clean
        rm -rf /var/lib/apt/lists/*
        cd / {clean}
        rm -r {BUILD}
    """
    own = [f'Dir::Etc::SourceList "{BUILD}/sources.list";', 'Dir::Etc::SourceParts "-";']
    if certificates := trust.own_certificates():
        own.append(f'Acquire::https::CaInfo "{BUILD}/ca.crt";')
    files = {
        "build.sh": script,
        "apt.conf": "\n".join([*mirror.settings(), *own, ""]),
        "sources.list": "\n".join([*mirror.sources(suite), ""]),
        "ca.crt": (trust.BUNDLE.read_text() if trust.BUNDLE.exists() else "".join(certificates)),
    }
    content = seed.archive({f"{BUILD}/{name}": seed.File(text) for name, text in files.items()})
    container = f"windlass-build-{tag.partition(':')[2]}"
    try:
        engine.succeeds("rm", "--force", container)  # left by a build that was cut short
        engine.run("create", "--name", container, "--entrypoint", "/bin/sh", base, f"{BUILD}/build.sh")
        engine.run("cp", "-", f"{container}:/", stdin=content)
        engine.run("start", "--attach", container, timeout=900)
        engine.run("commit", container, tag, timeout=300)
    except EngineError as error:
        raise LabError(f"cannot add {', '.join(packages)} to {base}: {_reason(error)}", hint=MIRROR) from error
    finally:
        engine.succeeds("rm", "--force", container)


def _reason(error: EngineError) -> str:
    """The first complaint of apt, else what the engine says."""
    complaints = [line for line in error.output.splitlines() if line.startswith("E: ")]
    return complaints[0] if complaints else str(error)

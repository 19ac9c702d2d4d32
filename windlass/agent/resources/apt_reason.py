"""What apt and dpkg say of their trouble, in few words, and what to do about it."""

from __future__ import annotations

import re

# What dpkg says of a package goes on in the next line.
ERROR = re.compile(r"^(?:E: .*|Error: .*|dpkg: error processing .*(?:\n .*)?)", re.MULTILINE)
# Lines that only say how far it is; any other line right before an error tells why.
PROGRESS = re.compile(
    r"(Setting up|Processing|Preparing|Unpacking|Selecting|Reading|Building|\(Reading|Get:|Hit:|Ign:|Need to|After this"
    r"|Fetched|Errors were|dpkg: |E: |W: |N: |update-initramfs: Gen|/etc/kernel|run-parts: exec| )"
)
FULL = "No space left on device"
STUCK = (
    "`dpkg --audit` on the host says which packages dpkg cannot finish, `dpkg --configure -a` tries again and says why."
)
TORN = f"{STUCK} One that is there in part only: give it up by `dpkg --remove --force-remove-reinstreq PACKAGE`."
SPACE = (
    "A disk is full: `df -h / /boot /var` shows which. Old kernels fill /boot: `apt-get autoremove --purge` removes"
    " those that nothing needs. Then run again."
)


def reason(output: str) -> str:
    """apt's own error lines and dpkg's, each with the line before it that says why; or the end of what was said."""
    told: list[str] = []
    for match in ERROR.finditer(output):
        before = output[: match.start()].rstrip("\n").rpartition("\n")[2]
        if before and not PROGRESS.match(before):
            told.append(before)
        told.append(match[0])
    words = dict.fromkeys(" ".join(each.split()) for each in told)
    return "; ".join(words) or output.strip()[-500:]


def advice(words: str, *, torn: bool) -> str:
    """What to do about a package that dpkg cannot finish; `torn` = one whose files are not all there."""
    return SPACE if FULL in words else TORN if torn else STUCK


def warnings(output: str) -> str:
    """What an update of the index says of sources that it could not use: apt's warnings and errors, each once."""
    found = re.findall(r"^(?:W|E|Warning|Error): (.*)", output, re.MULTILINE)
    return "; ".join(dict.fromkeys(line for line in found if "Some index files failed to download" not in line))

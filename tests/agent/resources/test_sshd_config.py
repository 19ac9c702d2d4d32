"""What sshd's files say, read as sshd reads them, and whom other settings would shut out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ssh.sshd import make_key
from windlass.agent.failures import Failed
from windlass.agent.resources.sshd_config import keyless, left_alone, read, refuse_dead_ends

TWO_FACTORS = "AuthenticationMethods publickey,keyboard-interactive"


def config(folder: Path, *lines: str) -> str:
    path = folder / "sshd_config"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_lines_are_read_in_order_and_with_the_block_that_they_belong_to(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/1.conf").write_text("MaxAuthTries 3\nMatch User eve # a guest\n\tBanner none\n")
    main = config(
        tmp_path, f'Include "{tmp_path}/parts/*.conf"', "port=2222", "", "MATCH all", f"include {tmp_path}/parts/1.conf"
    )
    found = [(line.keyword, line.value, line.block.text if line.block else None) for line in read(main) if line.keyword]
    assert found == [
        ("maxauthtries", "3", None),
        ("match", "User eve", None),
        ("banner", "none", "Match User eve"),
        ("include", f"{tmp_path}/parts/*.conf", None),
        ("port", "2222", None),
        ("match", "all", None),
        ("maxauthtries", "3", "MATCH all"),
        ("match", "User eve", None),
        ("banner", "none", "Match User eve"),
        ("include", f"{tmp_path}/parts/1.conf", "MATCH all"),
    ]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["HostKey /etc/ssh/mine"], ["hostkey"]),
        (["strictmodes NO"], ["strictmodes"]),
        (["StrictModes yes", "StrictModes no"], []),  # the first one counts
        ([TWO_FACTORS], ["challengeresponseauthentication", "kbdinteractiveauthentication"]),
        (["AuthenticationMethods publickey,password"], ["passwordauthentication"]),
        ([f"{TWO_FACTORS}:pam publickey"], []),  # a key alone will do
        (["Match User eve", TWO_FACTORS], []),
        (["TrustedUserCAKeys none"], []),
        (["TrustedUserCAKeys FOLDER/ed25519.pub"], []),
        (["TrustedUserCAKeys FOLDER/ecdsa.pub"], ["casignaturealgorithms"]),
        (["Match User eve", "TrustedUserCAKeys FOLDER/ecdsa.pub"], ["casignaturealgorithms"]),
    ],
)
def test_what_stays_as_the_host_has_it(tmp_path: Path, lines: list[str], left: list[str]) -> None:
    for kind in ("ed25519", "ecdsa"):
        make_key(tmp_path / kind, kind)
    main = config(tmp_path, *(line.replace("FOLDER", str(tmp_path)) for line in lines))
    assert sorted(left_alone(read(main))) == left


@pytest.mark.parametrize(
    ("lines", "said", "setting"),
    [
        (["Match Group wheel", f"  {TWO_FACTORS}"], f"`{TWO_FACTORS}` (FILE:2, Match Group wheel)", "KbdInteractive"),
        (
            ["Match User eve", "KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,password"],
            "`AuthenticationMethods publickey,password` (FILE:3, Match User eve)",
            "Password",
        ),
    ],
)
def test_methods_that_could_no_longer_be_met_are_refused(
    tmp_path: Path, lines: list[str], said: str, setting: str
) -> None:
    main = config(tmp_path, *lines)
    with pytest.raises(Failed) as raised:
        refuse_dead_ends(read(main))
    why = f"would let nobody in any more, because Windlass sets `{setting}Authentication no`"
    assert str(raised.value) == f"{said.replace('FILE', main)} {why}"
    hint = f"Put `{setting}Authentication yes` into the same Match block, or set `ssh: {{managed: false}}`."
    assert raised.value.hint == hint


def test_methods_without_a_key_are_refused(tmp_path: Path) -> None:
    main = config(tmp_path, methods := "AuthenticationMethods password publickey,keyboard-interactive")
    with pytest.raises(Failed) as raised:
        refuse_dead_ends(read(main))
    assert str(raised.value) == f"`{methods}` ({main}:1) lets people in without a key"
    assert raised.value.hint == "Have each list there begin with `publickey`, or set `ssh: {managed: false}`."


@pytest.mark.parametrize(
    "lines",
    [
        [TWO_FACTORS],  # its setting stays as it is
        [TWO_FACTORS, "Match User eve", TWO_FACTORS],
        ["Match User eve", TWO_FACTORS, "KbdInteractiveAuthentication yes"],
        ["Match User eve", "AuthenticationMethods publickey keyboard-interactive"],
        ["Match User eve", "AuthenticationMethods any"],
    ],
)
def test_methods_that_can_still_be_met_are_not(tmp_path: Path, lines: list[str]) -> None:
    refuse_dead_ends(read(config(tmp_path, *lines)))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["PasswordAuthentication yes"], []),  # for everybody: the first one counts, which is Windlass's
        (["Match User eve", "X11Forwarding yes", "PasswordAuthentication no"], []),
        (["Match User eve", "PasswordAuthentication yes"], [2]),
        (["Match User eve", "Match User bob", "passwordauthentication=YES"], [3]),
        (["Match User eve", "KbdInteractiveAuthentication yes", "PermitEmptyPasswords yes"], [2, 3]),
        (["Match User eve", "KbdInteractiveAuthentication yes", TWO_FACTORS], []),
        (["AuthenticationMethods publickey", "Match User eve", "PasswordAuthentication yes"], []),
        ([TWO_FACTORS, "Match User deploy", "AuthenticationMethods publickey"], []),
        ([TWO_FACTORS, "Match User eve", "AuthenticationMethods any"], [3]),
        (["Match User eve", "AuthenticationMethods any"], []),  # of which only keys are on
    ],
)
def test_who_needs_no_key(tmp_path: Path, lines: list[str], found: list[int]) -> None:
    assert [line.number for line in keyless(read(config(tmp_path, *lines)))] == found

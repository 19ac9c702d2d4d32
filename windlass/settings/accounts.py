"""Accounts of people on the host."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from windlass.settings.model import word
from windlass.settings.part import Part


class Accounts(Part):
    """Strong passwords and hashes, files that others cannot read, cron's folders closed, a legal notice."""

    umask: Annotated[str, word("0[0-7][0-7]", "three octal digits in quotes, for example '022'")] | None = Field(
        None,
        description="Permissions to withhold from files that people make. By default 077 where they log in (from"
        " Debian 13 on also in sudo, over scp and in root's cron jobs): what a service is to read then needs a chmod,"
        " or '022' here. What is set here counts in sudo everywhere.",
    )
    pam: bool = Field(
        True,
        description="Have PAM refuse an account's password for 15 minutes after three wrong ones, and its last five"
        " as new ones. A script that calls sudo without a password counts as wrong; root's password and"
        " keys are never refused, and a login with a key ends the wait. A change is kept only if a"
        " second login works with it. False leaves PAM as it is: to take it out again, `pam-auth-update"
        " --package --remove windlass windlass-last` on the host.",
    )
    password_days: int | None = Field(
        None,
        ge=1,
        le=99_999,
        description="Days after which root's password, and those of accounts made from now on, have to be changed."
        " Keys let in all the same, also to accounts that `chage --inactive` has shut. By default never; what was set"
        " stays when this goes.",
    )
    password_cost: int | None = Field(
        None,
        ge=5,
        le=11,
        description="What yescrypt costs for new passwords: each step doubles time and memory, up to seconds and 1 GiB"
        " for each check of one. By default the release's, which is 5 (16 MiB).",
    )

    @model_validator(mode="after")
    def _need_pam(self) -> Accounts:
        for name in ("password_days", "password_cost"):
            if getattr(self, name) is not None and not self.pam:
                raise ValueError(f"{name} is for PAM to keep, and needs pam: true")
        return self

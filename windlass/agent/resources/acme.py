"""Certificates of a certification authority (CA) that speaks ACME, got with certbot and renewed by its timer."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.nginx.directives import read
from windlass.agent.nginx.reach import in_front
from windlass.agent.resources import certbot_ini
from windlass.agent.resources.acme_trouble import Trouble
from windlass.agent.resources.certificate import CHAIN, KEY, Served, look_at

if TYPE_CHECKING:
    from windlass.agent.resources.resource import Diff, State

LETSENCRYPT = "/etc/letsencrypt"
WEBROOT = "/var/www/acme"
TIMEOUT = 300
# A certificate of a shorter life is renewed with a third of it left (seconds).
LONG = 40 * 86400
HOUR = 3600

# Pauses (seconds) before each further try, by kind of trouble; any other kind is final at once, because a CA counts
# failed attempts. A CA may refuse a nonce at any request, and certbot itself tries again only once. `busy` is the
# timer's certbot, which is done within minutes.
PAUSES = {
    "badNonce": (1, 1, 1, 2, 2, 2, 4, 4, 4),
    "busy": (10,) * 60,
    "accountDoesNotExist": (0,),
    "serverInternal": (5, 15),
    "unreachable": (5,),
}


@dataclass(eq=False)
class Certificate(Served):
    """A certificate from the CA whose ACME directory is at the URL `directory`, kept by certbot under the app's name.

    `email` None = the account has no address; `ca_file` is a PEM file on the host that the directory's own certificate
    is checked with, None = the host's usual CAs. `replace_trusted` lets a test certificate replace a trusted one.
    """

    directory: str
    email: str | None = None
    ca_file: str | None = None
    replace_trusted: bool = False
    _told = ""

    def notes(self) -> dict[str, Any]:
        return {**super().notes(), **({"warning": self._told} if self._told else {})}

    @property
    def live(self) -> str:
        """The folder where certbot keeps the newest certificate."""
        return f"{LETSENCRYPT}/live/{self.app}"

    def desired(self) -> State:
        return {
            "names": sorted(self.names),
            "directory": self.directory,
            "renewable": True,
            "fresh": True,
            "link": self.live,
            "served": True,
            "renewed before": self._before(),
        }

    def actual(self) -> State:
        look = self.look(self.live)
        if look is None:
            return None
        renewal = self._renewal()
        return {
            "names": look.names,
            "directory": renewal.get("server"),
            "renewable": _renewable(renewal),
            "fresh": look.fresh,
            "link": os.readlink(self.link) if os.path.islink(self.link) else None,
            "served": self.served(),
            "renewed before": renewal.get("renew_before_expiry") if self._before() else None,
        }

    def apply(self, diff: Diff) -> None:
        if diff.keys() - {"link", "served", "renewed before"}:
            self._clear_away_remains()
            self._obtain()
        if look_at(self.live) is None:
            raise Failed(
                f"certbot is content, but there is no certificate in {self.live}",
                hint="`certbot certificates` on the host says where it keeps which.",
            )
        self._renew_in_time()
        self.lead_to(self.live)
        self.serve()

    def _clear_away_remains(self) -> None:
        """Moves away what lies under the app's name unless it is whole.

        certbot would get a certificate, find no place for it, and take another name (APP-0001) at the next attempt.
        Meanwhile nginx uses a copy of what it has.
        """
        whole = all(os.path.isfile(f"{self.live}/{name}.pem") for name in ("cert", "chain"))
        if whole and look_at(self.live) and "server" in self._renewal():
            return
        paths = (f"renewal/{self.app}.conf", f"archive/{self.app}", f"live/{self.app}")
        remains = [path for path in paths if os.path.lexists(f"{LETSENCRYPT}/{path}")]
        if not remains:
            return
        if look_at(self.live) and os.path.realpath(self.link) == os.path.realpath(self.live):
            folder = self.own_folder()
            for name in (CHAIN, KEY):
                shutil.copy(f"{self.live}/{name}", folder)
            self.lead_to(folder)
        away = tempfile.mkdtemp(prefix=f"broken-{self.app}-", dir=LETSENCRYPT)
        self.machine.say(f"what certbot has of {self.app} is not whole: moved to {away}")
        for path in remains:
            os.rename(f"{LETSENCRYPT}/{path}", f"{away}/{os.path.dirname(path)}")

    def _obtain(self) -> None:
        """Gets a new certificate; raises Failed with what the CA says, or would say."""
        for name in self.names:
            if hiding := in_front(read(), self.app, name):
                raise Failed(
                    f"no certificate from {self.directory}: the CA would come to the server block at {hiding.place},"
                    f" which answers to {name}, not to ours",
                    hint="Take the domain out there, or out of the app's `domains`, then run again.",
                )
        tries: Counter[str] = Counter()
        while True:
            self.machine.say(f"certbot asks {self.directory} for {', '.join(self.names)}")
            try:
                self._certbot()
            except CommandFailed as failure:
                trouble = Trouble.read(failure.output)
            else:
                return
            pauses = PAUSES.get(trouble.kind, ())
            if tries[trouble.kind] == len(pauses):
                raise Failed(
                    f"no certificate from {self.directory}: {trouble.message}",
                    hint=f"{trouble.advice()} Until then nginx serves the certificate it has.",
                )
            if trouble.kind == "accountDoesNotExist":
                shutil.rmtree(_accounts(self.directory))
            pause = pauses[tries[trouble.kind]]
            tries[trouble.kind] += 1
            self.machine.say(f"{trouble.message}: trying again in {pause} s")
            self.machine.aborted.wait(pause)
            self.machine.heed_abort()

    def _certbot(self) -> None:
        settings = certbot_ini.read()
        certbot_ini.refuse(settings)
        hooks = []
        if hook := certbot_ini.stopping(settings):
            # In its place one that does nothing, at renewals, too.
            hooks = ["--pre-hook", "true", "--post-hook", "true"]
            self._told = f"certbot: {hook} does not count for {self.app}, for nginx has to answer the CA"
        names = [option for name in self.names for option in ("-d", name)]
        email = ["--email", self.email] if self.email else ["--register-unsafely-without-email"]
        self.machine.run(
            [
                "certbot", "certonly", "--non-interactive", "--agree-tos", "--no-eff-email", *email,
                "--server", self.directory, "--webroot", "--webroot-path", WEBROOT, "--cert-name", self.app, *names,
                "--preferred-challenges", "http", *hooks,
                # That one is needed has been decided; certbot would ask, or keep what it has.
                "--force-renewal", "--renew-with-new-domains", *(["--break-my-certs"] if self.replace_trusted else []),
                # Without tracebacks certbot 2.1 on Python 3.11 says "AttributeError: can't set attribute" for any
                # error of the CA: josepy's error objects cannot be raised again by contextlib.
                "--debug",
            ],
            timeout=TIMEOUT,
            # For certbot alone: pip would trust it, too.
            env={"REQUESTS_CA_BUNDLE": self.ca_file} if self.ca_file else None,
        )  # fmt: skip

    def _before(self) -> str | None:
        """How long before its end a certificate of a short life is renewed; None = certbot's own 30 days will do.

        With those one of six days would be renewed whenever the timer runs, twice a day.
        """
        look = look_at(self.live)
        life = look.expires - look.begins if look else LONG
        return f"{int(life / 3 / HOUR)} hours" if life < LONG else None

    def _renew_in_time(self) -> None:
        """Notes it where certbot reads it, before the first section."""
        before = self._before()
        if not before:
            return
        path = f"{LETSENCRYPT}/renewal/{self.app}.conf"
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("renew_before_expiry")]
        text = f"renew_before_expiry = {before}\n{''.join(lines)}"
        files.write(path, text.encode(), mode=stat.S_IMODE(os.stat(path).st_mode))

    def _renewal(self) -> dict[str, str]:
        """What certbot noted for renewals, `name = value` lines; empty when there is nothing."""
        try:
            with open(f"{LETSENCRYPT}/renewal/{self.app}.conf", encoding="utf-8") as file:
                pairs = [line.split(" = ", 1) for line in file if " = " in line]
        except FileNotFoundError:
            return {}
        return {name.strip(): value.strip() for name, value in pairs}


def _renewable(renewal: dict[str, str]) -> bool:
    """Whether the timer renews by our webroot, with an account that is still there, and stops nothing for it."""
    account = f"{_accounts(renewal.get('server', ''))}/{renewal.get('account')}"
    webroot = renewal.get("webroot_path", "").rstrip(",")
    if certbot_ini.STOPS.search(renewal.get("pre_hook", "")):
        return False
    return renewal.get("authenticator") == "webroot" and webroot == WEBROOT and os.path.isdir(account)


def _accounts(directory: str) -> str:
    """The folder with certbot's accounts at a CA."""
    return f"{LETSENCRYPT}/accounts/{directory.partition('://')[2]}"

"""The settings that an inventory can make, with their types, defaults and meaning; docs are made from them."""

from typing import Annotated

from pydantic import AfterValidator, Field

from windlass.settings.accounts import Accounts
from windlass.settings.app import AppSettings
from windlass.settings.firewall import Firewall
from windlass.settings.gunicorn import Gunicorn
from windlass.settings.kernel import Kernel
from windlass.settings.model import Faults, Model
from windlass.settings.nginx import Nginx
from windlass.settings.reserved import not_reserved
from windlass.settings.ssh import Ssh
from windlass.settings.time_sync import TimeSync
from windlass.settings.tls import HostTls, Tls
from windlass.settings.updates import Updates
from windlass.settings.words import AppName, DebianPackage, JournalSize, Locale, Serial, TimeZone

__all__ = ["AppSettings", "Gunicorn", "Nginx", "Settings", "Tls"]


def _one_app_per_domain(apps: dict[str, AppSettings]) -> dict[str, AppSettings]:
    owners: dict[str, str] = {}
    faults: list[tuple[tuple[str | int, ...], str]] = []
    for name, app in apps.items():
        for place, domain in enumerate(app.domains):
            owner = owners.setdefault(domain, name)
            if owner != name:
                faults.append(((name, "domains", place), f"{domain!r} is a domain of app {owner!r} already"))
            elif domain in app.domains[:place]:
                faults.append(((name, "domains", place), f"{domain!r} is listed twice"))
    if faults:
        raise Faults(faults)
    return apps


class Settings(Model):
    """The settings of one host."""

    timezone: TimeZone = Field("UTC", description="The host's time zone.")
    locale: Locale | None = Field(None, description="The host's locale; by default it is left as it is.")
    packages: list[DebianPackage] = Field(default_factory=list, description="Further Debian packages.")
    time_sync: TimeSync = Field(default_factory=TimeSync, description="How the host knows the time.")
    updates: Updates = Field(default_factory=Updates, description="Security updates every day.")
    accounts: Accounts = Field(default_factory=Accounts, description="Passwords, and who may read what people write.")
    kernel: Kernel = Field(default_factory=Kernel, description="What the kernel lets processes and the network do.")
    journald_max_use: JournalSize = Field(
        "500M", description="The most disk space that the journal may take; off leaves its settings as they are."
    )
    serial: Serial | None = Field(
        None,
        description="Hosts at a time in a run over several: a number, or a percentage of them; by default all at once.",
    )
    ssh: Ssh = Field(
        default_factory=Ssh, description="Who may log in to the host: with keys only; a client may offer three."
    )
    firewall: Firewall = Field(default_factory=Firewall, description="What the host lets in.")
    tls: HostTls = Field(default_factory=HostTls, description="Certificates and TLS for all apps of the host.")
    nginx_sandbox: bool = Field(True, description="Run nginx under systemd's restrictions.")
    apps: Annotated[
        dict[Annotated[AppName, AfterValidator(not_reserved)], AppSettings], AfterValidator(_one_app_per_domain)
    ] = Field(default_factory=dict, description="The apps of the host by name.")

    def tls_of(self, app: AppSettings) -> Tls:
        """The TLS settings that count for an app: its own, else the host's."""
        return app.tls or self.tls

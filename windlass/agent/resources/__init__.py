"""What a role can declare, and what a kind of one's own is made from: the one place to import them from.

Each is loaded when it is first asked for, on a host and elsewhere.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windlass.agent.failures import Failed as Failed
    from windlass.agent.release.release import Release as Release
    from windlass.agent.release.removal import Removal as Removal
    from windlass.agent.release.rollback import Rollback as Rollback
    from windlass.agent.resources.acme import Certificate as Certificate
    from windlass.agent.resources.app_packages import AppPackages as AppPackages
    from windlass.agent.resources.certificate import Placeholder as Placeholder
    from windlass.agent.resources.certificate import SelfSigned as SelfSigned
    from windlass.agent.resources.directory import Directory as Directory
    from windlass.agent.resources.file import File as File
    from windlass.agent.resources.firewall import Firewall as Firewall
    from windlass.agent.resources.init_files import InitFiles as InitFiles
    from windlass.agent.resources.link import Absent as Absent
    from windlass.agent.resources.link import Link as Link
    from windlass.agent.resources.locale import Locale as Locale
    from windlass.agent.resources.login_defs import LoginDefs as LoginDefs
    from windlass.agent.resources.moduli import Moduli as Moduli
    from windlass.agent.resources.nginx import Reload as Reload
    from windlass.agent.resources.nginx_service import NginxSandbox as NginxSandbox
    from windlass.agent.resources.nginx_service import Restart as Restart
    from windlass.agent.resources.nginx_sites import StockSite as StockSite
    from windlass.agent.resources.nginx_sites import UnknownNames as UnknownNames
    from windlass.agent.resources.no_firewall import NoFirewall as NoFirewall
    from windlass.agent.resources.packages import Packages as Packages
    from windlass.agent.resources.pam import Pam as Pam
    from windlass.agent.resources.password_age import PasswordAge as PasswordAge
    from windlass.agent.resources.provisioned import Provisioned as Provisioned
    from windlass.agent.resources.public_files import PublicFiles as PublicFiles
    from windlass.agent.resources.resource import Diff as Diff
    from windlass.agent.resources.resource import Resource as Resource
    from windlass.agent.resources.resource import State as State
    from windlass.agent.resources.resource import Unknown as Unknown
    from windlass.agent.resources.sshd import Sshd as Sshd
    from windlass.agent.resources.sysctl import Sysctl as Sysctl
    from windlass.agent.resources.time_zone import TimeZone as TimeZone
    from windlass.agent.resources.unit import Unit as Unit
    from windlass.agent.resources.user import User as User
    from windlass.agent.resources.venv import Venv as Venv
    from windlass.agent.resources.visited import Visited as Visited
    from windlass.agent.resources.web_ports import WebPorts as WebPorts

# Where each is, below `windlass.agent`.
PLACES = {
    "Absent": "resources.link",
    "AppPackages": "resources.app_packages",
    "Certificate": "resources.acme",
    "Diff": "resources.resource",
    "Directory": "resources.directory",
    "Failed": "failures",
    "File": "resources.file",
    "Firewall": "resources.firewall",
    "InitFiles": "resources.init_files",
    "Link": "resources.link",
    "Locale": "resources.locale",
    "LoginDefs": "resources.login_defs",
    "Moduli": "resources.moduli",
    "NginxSandbox": "resources.nginx_service",
    "NoFirewall": "resources.no_firewall",
    "Packages": "resources.packages",
    "Pam": "resources.pam",
    "PasswordAge": "resources.password_age",
    "Placeholder": "resources.certificate",
    "Provisioned": "resources.provisioned",
    "PublicFiles": "resources.public_files",
    "Release": "release.release",
    "Reload": "resources.nginx",
    "Removal": "release.removal",
    "Resource": "resources.resource",
    "Restart": "resources.nginx_service",
    "Rollback": "release.rollback",
    "SelfSigned": "resources.certificate",
    "Sshd": "resources.sshd",
    "State": "resources.resource",
    "StockSite": "resources.nginx_sites",
    "Sysctl": "resources.sysctl",
    "TimeZone": "resources.time_zone",
    "Unit": "resources.unit",
    "Unknown": "resources.resource",
    "UnknownNames": "resources.nginx_sites",
    "User": "resources.user",
    "Venv": "resources.venv",
    "Visited": "resources.visited",
    "WebPorts": "resources.web_ports",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"windlass.agent.{PLACES[name]}"), name)

"""What a role can declare. On a host this package is shipped empty and each kind imported by its own module."""

from windlass.resources.acme import Certificate
from windlass.resources.app_packages import AppPackages
from windlass.resources.certificate import Placeholder, SelfSigned
from windlass.resources.directory import Directory
from windlass.resources.file import File
from windlass.resources.firewall import Firewall
from windlass.resources.init_files import InitFiles
from windlass.resources.link import Absent, Link
from windlass.resources.locale import Locale
from windlass.resources.login_defs import LoginDefs
from windlass.resources.moduli import Moduli
from windlass.resources.nginx import Reload
from windlass.resources.no_firewall import NoFirewall
from windlass.resources.packages import Packages
from windlass.resources.pam import Pam
from windlass.resources.password_age import PasswordAge
from windlass.resources.release import Release
from windlass.resources.resource import Resource
from windlass.resources.rollback import Rollback
from windlass.resources.sshd import Sshd
from windlass.resources.sysctl import Sysctl
from windlass.resources.unit import Unit
from windlass.resources.user import User
from windlass.resources.venv import Venv

__all__ = [
    "Absent",
    "AppPackages",
    "Certificate",
    "Directory",
    "File",
    "Firewall",
    "InitFiles",
    "Link",
    "Locale",
    "LoginDefs",
    "Moduli",
    "NoFirewall",
    "Packages",
    "Pam",
    "PasswordAge",
    "Placeholder",
    "Release",
    "Reload",
    "Resource",
    "Rollback",
    "SelfSigned",
    "Sshd",
    "Sysctl",
    "Unit",
    "User",
    "Venv",
]

"""What a role can declare; each kind is a module of `windlass/agent/`, whose other half acts on the host."""

from windlass.agent.release.release import Release
from windlass.agent.release.rollback import Rollback
from windlass.agent.resources.acme import Certificate
from windlass.agent.resources.app_packages import AppPackages
from windlass.agent.resources.certificate import Placeholder, SelfSigned
from windlass.agent.resources.directory import Directory
from windlass.agent.resources.file import File
from windlass.agent.resources.firewall import Firewall
from windlass.agent.resources.init_files import InitFiles
from windlass.agent.resources.link import Absent, Link
from windlass.agent.resources.locale import Locale
from windlass.agent.resources.login_defs import LoginDefs
from windlass.agent.resources.moduli import Moduli
from windlass.agent.resources.nginx import Reload
from windlass.agent.resources.no_firewall import NoFirewall
from windlass.agent.resources.packages import Packages
from windlass.agent.resources.pam import Pam
from windlass.agent.resources.password_age import PasswordAge
from windlass.agent.resources.resource import Resource
from windlass.agent.resources.sshd import Sshd
from windlass.agent.resources.sysctl import Sysctl
from windlass.agent.resources.unit import Unit
from windlass.agent.resources.user import User
from windlass.agent.resources.venv import Venv

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

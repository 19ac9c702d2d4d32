"""What a role can declare. On a host this package is shipped empty and each kind imported by its own module."""

from windlass.resources.directory import Directory
from windlass.resources.file import File
from windlass.resources.link import Absent, Link
from windlass.resources.packages import Packages
from windlass.resources.resource import Resource
from windlass.resources.unit import Unit
from windlass.resources.user import User

__all__ = ["Absent", "Directory", "File", "Link", "Packages", "Resource", "Unit", "User"]

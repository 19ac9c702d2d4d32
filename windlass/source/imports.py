"""What an app needs installed, as far as its imports tell: for sources that say it nowhere."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.module import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.tree import Tree

# Distributions whose modules have another name than they, `_` for `-` apart.
DISTRIBUTIONS = {
    "apiflask": "APIFlask", "attr": "attrs", "bs4": "beautifulsoup4", "bson": "pymongo", "Crypto": "pycryptodome",
    "cv2": "opencv-python-headless", "dateutil": "python-dateutil", "decouple": "python-decouple", "dns": "dnspython",
    "docx": "python-docx", "dotenv": "python-dotenv", "engineio": "python-engineio", "environ": "django-environ",
    "faiss": "faiss-cpu", "fitz": "PyMuPDF", "flask": "Flask", "flask_admin": "Flask-Admin",
    "flask_babel": "Flask-Babel", "flask_bcrypt": "Flask-Bcrypt", "flask_bootstrap": "Flask-Bootstrap",
    "flask_caching": "Flask-Caching", "flask_cors": "Flask-Cors", "flask_debugtoolbar": "Flask-DebugToolbar",
    "flask_httpauth": "Flask-HTTPAuth", "flask_jwt_extended": "Flask-JWT-Extended", "flask_limiter": "Flask-Limiter",
    "flask_login": "Flask-Login", "flask_mail": "Flask-Mail", "flask_migrate": "Flask-Migrate",
    "flask_moment": "Flask-Moment", "flask_mysqldb": "Flask-MySQLdb", "flask_pymongo": "Flask-PyMongo",
    "flask_restful": "Flask-RESTful", "flask_security": "Flask-Security-Too", "flask_session": "Flask-Session",
    "flask_socketio": "Flask-SocketIO", "flask_sqlalchemy": "Flask-SQLAlchemy", "flask_uploads": "Flask-Reuploaded",
    "flask_wtf": "Flask-WTF", "fpdf": "fpdf2", "git": "GitPython", "github": "PyGithub", "gridfs": "pymongo",
    "jinja2": "Jinja2", "jose": "python-jose", "jwt": "PyJWT", "ldap": "python-ldap", "magic": "python-magic",
    "markdown": "Markdown", "markupsafe": "MarkupSafe", "mysql": "mysql-connector-python", "MySQLdb": "mysqlclient",
    "nacl": "PyNaCl", "OpenSSL": "pyOpenSSL", "PIL": "Pillow", "pkg_resources": "setuptools", "playhouse": "peewee",
    "pptx": "python-pptx", "psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "pymysql": "PyMySQL",
    "pythonjsonlogger": "python-json-logger", "qrcode": "qrcode[pil]", "rest_framework": "djangorestframework",
    "saml2": "pysaml2", "sentry_sdk": "sentry-sdk[flask]", "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "slugify": "python-slugify", "socketio": "python-socketio", "sqlalchemy": "SQLAlchemy",
    "sqlalchemy_utils": "SQLAlchemy-Utils", "telegram": "python-telegram-bot", "usb": "pyusb", "werkzeug": "Werkzeug",
    "wtforms": "WTForms", "wtforms_sqlalchemy": "WTForms-SQLAlchemy", "yaml": "PyYAML", "zmq": "pyzmq",
}  # fmt: skip
# Modules of packages that share one name.
_SHARED = {
    "google.cloud": "google-cloud-{}", "google.auth": "google-auth", "google.oauth2": "google-auth",
    "google.generativeai": "google-generativeai", "google.protobuf": "protobuf", "azure.storage.blob":
    "azure-storage-blob", "azure.identity": "azure-identity", "ruamel.yaml": "ruamel.yaml",
}  # fmt: skip
# Drivers that nobody imports: an address names them.
_DRIVERS = {
    "postgres": "psycopg2-binary", "postgresql": "psycopg2-binary", "postgresql+psycopg2": "psycopg2-binary",
    "postgresql+psycopg": "psycopg[binary]", "postgresql+pg8000": "pg8000", "mysql": "mysqlclient", "mysql+mysqldb":
    "mysqlclient", "mysql+pymysql": "PyMySQL", "mysql+mysqlconnector": "mysql-connector-python", "mariadb+pymysql":
    "PyMySQL", "redis": "redis", "rediss": "redis",
}  # fmt: skip
_ADDRESS = re.compile(r"([a-z0-9]+(?:\+[a-z0-9]+)?)://")
# What comes with others, which choose its version.
_COMES_ALONG = {
    "Werkzeug": "Flask",
    "Jinja2": "Flask",
    "MarkupSafe": "Flask",
    "click": "Flask",
    "itsdangerous": "Flask",
}
_OF_PYTHON_2 = frozenset(
    {"ConfigParser", "Queue", "StringIO", "cPickle", "cStringIO", "httplib", "urllib2", "urlparse"}
)
_BESIDE = frozenset({"tests", "test", "docs", "doc", "examples", "node_modules", "venv", "env", "site-packages"})
_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Proposed:
    """A requirement, and where the source first shows that it is needed (FILE:LINE)."""

    requirement: str
    place: str


def proposed(tree: Tree) -> list[Proposed]:
    """What to install for what the modules of a source import, in the order of the alphabet; tests are left out.

    An import that may fail (in `try`, with an `except ImportError`) asks for nothing.
    """
    found: dict[str, str] = {}
    for path, entry in tree.entries.items():
        parts = path.split("/")
        tested = parts[-1].startswith(("test_", "conftest.")) or not _BESIDE.isdisjoint(parts[:-1])
        if not path.endswith(".py") or tested or entry.size > _LARGEST or entry.target is not None:
            continue
        for module, line in _needed(tree, path):
            if requirement := _requirement(tree, path, module):
                found.setdefault(requirement, f"{path}:{line}")
    wanted = {name: place for name, place in found.items() if _COMES_ALONG.get(name) not in found}
    return [Proposed(name, wanted[name]) for name in sorted(wanted, key=str.lower)]


def _needed(tree: Tree, path: str) -> Iterator[tuple[str, int]]:
    """Dotted names that a module imports, and `driver:` ones of addresses in it, each with its line."""
    try:
        module = parsed(tree.text(path))
    except SourceError:
        return
    pending: list[ast.AST] = [module] if module else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and (at := _ADDRESS.match(node.value)):
            yield f"driver:{at[1]}", node.lineno
        inner = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Try) and any(map(_is_about_imports, node.handlers)):
            inner = [*node.orelse, *node.finalbody]
        pending += reversed(inner)


def _is_about_imports(handler: ast.ExceptHandler) -> bool:
    named = (
        [each.id for each in ast.walk(handler.type) if isinstance(each, ast.Name)] if handler.type else ["Exception"]
    )
    return not {"ImportError", "ModuleNotFoundError", "Exception"}.isdisjoint(named)


def _requirement(tree: Tree, path: str, name: str) -> str | None:
    """What to install for a name; None = it is of Python's own or of the source's."""
    kind, _, driver = name.partition(":")
    if kind == "driver":
        return _DRIVERS.get(driver)
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names | _OF_PYTHON_2 or _is_own(tree, path, top):
        return None
    for shared, distribution in _SHARED.items():
        if f"{name}.".startswith(f"{shared}."):
            rest = name.removeprefix(f"{shared}.").partition(".")[0]
            return distribution.format(rest.replace("_", "-"))
    return DISTRIBUTIONS.get(top, top.replace("_", "-"))


def _is_own(tree: Tree, path: str, top: str) -> bool:
    """Whether a module lies in the source: at its top, in src, or in a folder around the file that imports it."""
    folder = posixpath.dirname(path)
    folders = {"", "src", folder}
    while folder:
        folder = posixpath.dirname(folder)
        folders.add(folder)
    places = (posixpath.join(each, top) for each in folders)
    return any(f"{place}.py" in tree or tree.has_folder(place) for place in places)

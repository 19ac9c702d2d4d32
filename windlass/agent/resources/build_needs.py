"""Which Debian packages the build of a Python package needs, where the index has no wheel of it for a host.

The names are those of Debian 12 and 13, looked up in their indexes.
"""

from __future__ import annotations

import re

# Whatever is in C.
USUAL = ("build-essential", "python3-dev")
# Beside those, by the normalised name of the Python package.
_NEEDS = """
    argon2-cffi-bindings: libffi-dev
    av: libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev libswscale-dev pkg-config
    bcrypt: cargo
    berkeleydb: libdb-dev
    bsddb3: libdb-dev
    cairocffi: libffi-dev
    cffi: libffi-dev
    confluent-kafka: librdkafka-dev
    cryptography: cargo libffi-dev libssl-dev pkg-config
    dbus-python: libdbus-1-dev libglib2.0-dev pkg-config
    dlib: cmake libopenblas-dev
    fiona: libgdal-dev
    gdal: libgdal-dev
    gmpy2: libgmp-dev libmpc-dev libmpfr-dev
    google-re2: libre2-dev
    gssapi: libkrb5-dev
    h5py: libhdf5-dev pkg-config
    hidapi: libudev-dev libusb-1.0-0-dev
    jiter: cargo
    jpype1: default-jdk-headless
    kerberos: libkrb5-dev
    libvirt-python: libvirt-dev pkg-config
    lxml: libxml2-dev libxslt1-dev zlib1g-dev
    m2crypto: libssl-dev swig
    mariadb: libmariadb-dev
    matplotlib: libfreetype-dev pkg-config
    mysqlclient: default-libmysqlclient-dev pkg-config
    netcdf4: libhdf5-dev libnetcdf-dev
    nh3: cargo
    orjson: cargo
    pcapy-ng: libpcap-dev
    pdftotext: libpoppler-cpp-dev pkg-config
    pillow: libfreetype-dev libjpeg-dev zlib1g-dev
    plyvel: libleveldb-dev
    psycopg-c: libpq-dev
    psycopg2: libpq-dev
    pyaudio: portaudio19-dev
    pycairo: libcairo2-dev pkg-config
    pycups: libcups2-dev
    pycurl: libcurl4-openssl-dev libssl-dev
    pydantic-core: cargo
    pygit2: libffi-dev libgit2-dev
    pygobject: libcairo2-dev libgirepository1.0-dev pkg-config
    pygraphviz: libgraphviz-dev pkg-config
    pyicu: libicu-dev pkg-config
    pykerberos: libkrb5-dev
    pylibmc: libmemcached-dev zlib1g-dev
    pymssql: freetds-dev
    pynacl: libffi-dev libsodium-dev
    pyodbc: unixodbc-dev
    pyproj: libproj-dev proj-bin
    pysqlcipher3: libsqlcipher-dev
    python-ldap: libldap-dev libsasl2-dev
    python-prctl: libcap-dev
    python-snappy: libsnappy-dev
    pyyaml: libyaml-dev
    pyzmq: cmake libzmq3-dev
    rasterio: libgdal-dev
    rpds-py: cargo
    rtree: libspatialindex-dev
    sasl: libsasl2-dev
    scipy: gfortran libopenblas-dev pkg-config
    secp256k1: libsecp256k1-dev pkg-config
    shapely: libgeos-dev
    sqlcipher3: libsqlcipher-dev
    systemd-python: libsystemd-dev pkg-config
    tesserocr: libleptonica-dev libtesseract-dev pkg-config
    tokenizers: cargo
    uvloop: autoconf automake libtool
    xmlsec: libxml2-dev libxmlsec1-dev pkg-config
"""
NEEDS = {
    name: tuple(rest.split())
    for name, _, rest in (line.strip().partition(": ") for line in _NEEDS.strip().splitlines())
}
# What a build says of things that are not there, for packages that are not in the table.
_SIGNS = (
    (r"Python\.h: No such file", "python3-dev"),
    (r"(command '\S*(gcc|cc)'|'\S*(gcc|g\+\+|cc)'|[Uu]nable to find a compiler|Unknown compiler)", "build-essential"),
    (r"pg_config|libpq-fe\.h", "libpq-dev"),
    (r"mysql_config|mysql\.h|MYSQLCLIENT_CFLAGS", "default-libmysqlclient-dev"),
    (r"ffi\.h: No such file", "libffi-dev"),
    (r"openssl/\w+\.h: No such file|OpenSSL library", "libssl-dev"),
    (r"libxml/\w+\.h: No such file|libxml2 and libxslt", "libxml2-dev"),
    (r"libxslt/\w+\.h: No such file|libxml2 and libxslt", "libxslt1-dev"),
    (r"jpeglib\.h|headers or library files could not be found for jpeg", "libjpeg-dev"),
    (r"zlib\.h: No such file|headers or library files could not be found for zlib", "zlib1g-dev"),
    (r"(ldap|lber)\.h: No such file", "libldap-dev"),
    (r"sasl/sasl\.h: No such file|sasl\.h: No such file", "libsasl2-dev"),
    (r"krb5-config|gssapi\S*\.h: No such file", "libkrb5-dev"),
    (r"sql\.h: No such file", "unixodbc-dev"),
    (r"curl-config", "libcurl4-openssl-dev"),
    (r"can't find Rust compiler|cargo, the Rust package manager|No such file or directory: '(cargo|rustc)'", "cargo"),
    (r"(CMake must be installed|No such file or directory: 'cmake'|Could NOT find CMake)", "cmake"),
    (r"pkg-config: not found|directory: 'pkg-config'|Did not find pkg-config|pkg-config is not", "pkg-config"),
    (r"No such file or directory: 'swig'|command 'swig' failed", "swig"),
    (r"gdal-config", "libgdal-dev"),
    (r"geos_c\.h|geos-config", "libgeos-dev"),
    (r"hdf5\.h|libhdf5", "libhdf5-dev"),
    (r"Cannot find command 'git'|No such file or directory: 'git'", "git"),
)  # fmt: skip


def needed(name: str, output: str) -> list[str]:
    """The Debian packages that the build of a Python package needs, sorted; `output` is what the build has said."""
    found = set(NEEDS.get(name, ())) | {package for sign, package in _SIGNS if re.search(sign, output)}
    return sorted({*found, *USUAL})

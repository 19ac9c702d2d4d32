"""The scans that take long, in threads: the tools run on hosts, so that here is little more than waiting."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.audit.audited import NAME
from tests.audit.inside import PATIENCE, look_inside

if TYPE_CHECKING:
    from typing import Self

    from tests.audit.audited import Audited
    from tests.audit.inside import Inside

# All that the grade is made of; what clients would choose and rarer attacks are left out, which changes none of it.
TESTSSL = (
    "testssl --quiet --color 0 --warnings batch --add-ca /root/roots.pem --ip {address} --protocols --std --fs"
    " --server-preference --server-defaults --headers --heartbleed --ccs-injection --ticketbleed --BB --renegotiation"
    f" --compression --poodle --tls-fallback --drown --beast --rc4 --logjam {NAME}"
)
# Without those that need a server of wapiti's own on the internet, go through lists of paths, or judge by how long an
# answer takes; to others a slow machine is no finding either, with such a timeout.
MODULES = "cookieflags,crlf,csp,csrf,exec,file,http_headers,permanentxss,redirect,sql,xss"
# Each page once, not again for all values of `next`.
PAGES = f"-u https://{NAME}/ -s https://{NAME}/login -s https://{NAME}/register --depth 1 --skip next"
WAPITI = (
    f"REQUESTS_CA_BUNDLE=/root/roots.pem wapiti {PAGES} --flush-session --no-bugreport --timeout 60 -m {MODULES}"
    " -f json -o /root/wapiti.json >/dev/null && cat /root/wapiti.json"
)


class Scans:
    """What long scans have found, once they are done; `close` before the host is changed."""

    def __init__(self, audited: Audited) -> None:
        self._audited = audited
        self._pool = ThreadPoolExecutor()
        self._testssl = self._pool.submit(self._run_testssl)
        self._inside = self._pool.submit(look_inside, audited)
        self._wapiti = self._pool.submit(self._run_wapiti)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Waits for all of them."""
        self._pool.shutdown()

    @property
    def testssl(self) -> str:
        """What testssl.sh printed."""
        return self._testssl.result()

    @property
    def inside(self) -> Inside:
        """What lynis and OpenSCAP say."""
        return self._inside.result()

    @property
    def wapiti(self) -> dict[str, Any]:
        """wapiti's report."""
        return self._wapiti.result()

    def _run_testssl(self) -> str:
        address = self._audited.host.inner_address
        return self._audited.newer.run(f"{TESTSSL.format(address=address)} || true", timeout=PATIENCE)

    def _run_wapiti(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self._audited.visitor.run(WAPITI, timeout=PATIENCE))
        return report

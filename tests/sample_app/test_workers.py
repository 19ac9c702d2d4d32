"""The app under a real Gunicorn with several processes and threads, as it runs in production."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from .conftest import TOKEN
from .server import ask, serving

pytestmark = pytest.mark.processes

CLIENTS = 8
# Links that all want at once, and visits of each.
AMOUNTS = [(5, 4), pytest.param(50, 20, marks=pytest.mark.soak)]
WORKERS = ("--workers=3", "--threads=2")


class Clients:
    """Several at once, of one server and with one session."""

    def __init__(self, path):
        self.path = path
        self.pool = ThreadPoolExecutor(CLIENTS)
        _, headers, page = ask(path, "GET", "/")
        self.headers = {
            "Cookie": headers["Set-Cookie"].split(";")[0],
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.token = TOKEN.search(page).group(1)

    def create(self, target, alias=""):
        """(status, Location, page)"""
        body = urlencode({"csrf_token": self.token, "target": target, "alias": alias})
        status, headers, page = ask(self.path, "POST", "/", body, self.headers)
        return status, headers["Location"], page

    def all(self, function, arguments):
        return list(self.pool.map(function, arguments))


@pytest.mark.parametrize(("links", "visits"), AMOUNTS)
def test_workers_at_once_lose_nothing(app, environ, tmp_path, links, visits):
    with serving(environ, tmp_path, *WORKERS) as server:
        clients = Clients(server.socket)
        # Every client makes the same links, so that each is wanted by several workers at the same moment.
        wanted = [f"https://example.com/{number}" for number in range(links) for _ in range(CLIENTS)]
        made = clients.all(clients.create, wanted)
        assert {status for status, _, _ in made} == {303}
        pages = {target: page for target, (_, page, _) in zip(wanted, made, strict=True)}
        assert len({(target, page) for target, (_, page, _) in zip(wanted, made, strict=True)}) == links
        assert len(set(pages.values())) == links
        codes = [page.removeprefix("/links") for page in pages.values()]
        assert set(clients.all(lambda code: ask(server.socket, "GET", code)[0], codes * visits)) == {302}
    # The workers that ended have written what they had counted.
    visitor = app.test_client()
    assert {visitor.visits(code[1:]) for code in codes} == {visits}


def test_one_alias_wanted_by_all_at_once_is_had_by_one(app, environ, tmp_path):
    with serving(environ, tmp_path, *WORKERS) as server:
        clients = Clients(server.socket)
        for number in range(3):
            alias = f"talk-{number}"
            made = clients.all(
                lambda who, alias=alias: clients.create(f"https://example.com/{who}", alias), range(CLIENTS)
            )
            assert sorted(status for status, _, _ in made) == [303] + [422] * (CLIENTS - 1)
            assert {location for _, location, _ in made} == {None, f"/links/{alias}"}
            assert all("already taken" in page for status, _, page in made if status == 422)


def test_a_limit_is_one_limit_for_all_workers(app, environ, tmp_path):
    limit = 3 * CLIENTS
    with serving(environ | {"LIMIT_CREATE": f"{limit} per hour"}, tmp_path, *WORKERS) as server:
        clients = Clients(server.socket)
        made = clients.all(clients.create, [f"https://example.com/{number}" for number in range(2 * limit)])
        assert sorted(status for status, _, _ in made) == [303] * limit + [429] * limit


def test_visits_survive_workers_that_end(app, environ, tmp_path):
    with serving(environ, tmp_path, "--workers=1", "--max-requests=20") as server:
        clients = Clients(server.socket)
        code = clients.create("https://example.com/")[1].removeprefix("/links/")
        assert set(clients.all(lambda _: ask(server.socket, "GET", f"/{code}")[0], range(50))) == {302}
    assert app.test_client().visits(code) == 50

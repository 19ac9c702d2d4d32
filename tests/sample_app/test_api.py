import re

import pytest

from shortener import users

from .conftest import PASSWORD

TARGET = "https://www.example.com/a/long/address"


class Program:
    """What a program does with a token."""

    def __init__(self, app, token):
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method, path="", **kwargs):
        return self.client.open(f"/api/v1/links{path}", method=method, headers=self.headers, **kwargs)

    def create(self, **wish):
        return self("POST", json=wish)


def program(app, name):
    with app.app_context():
        return Program(app, users.issue_token(users.authenticate(name, PASSWORD), "test"))


@pytest.fixture
def api(app, alice):
    """A program of Alice's."""
    return program(app, "alice")


def test_a_link_from_beginning_to_end(api, visitor):
    made = api.create(target=TARGET)
    assert made.status_code == 201
    code = made.json["code"]
    assert made.location == f"https://short.example/api/v1/links/{code}"
    assert made.json["short_url"] == f"https://short.example/{code}"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", made.json["created_at"])
    assert (made.json["hits"], made.json["last_used_at"], made.json["expires_at"]) == (0, None, None)
    again = api.create(target=TARGET)
    assert (again.status_code, again.json) == (200, made.json)
    assert visitor.get(f"/{code}").location == TARGET
    visitor.application.extensions["visits"].write()
    link = api("GET", f"/{code}").json
    assert link["hits"] == 1
    assert link["last_used_at"].endswith("Z")
    assert api("GET").json == {"links": [link], "page": 1, "pages": 1, "total": 1}
    deleted = api("DELETE", f"/{code}")
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert api("GET", f"/{code}").status_code == visitor.get(f"/{code}").status_code == 404


def test_alias_and_expiry(api):
    made = api.create(target=TARGET, alias="my-talk", expires_at="2099-12-31T12:00:00+02:00")
    assert made.status_code == 201
    assert made.json["code"] == "my-talk"
    assert made.json["expires_at"] == "2099-12-31T10:00:00Z"
    assert api.create(target=TARGET, alias="my-talk", expires_at="2099-12-31T10:00:00Z").status_code == 200
    assert api.create(target=TARGET, alias=None, expires_at=None).json["code"] != "my-talk"


@pytest.mark.parametrize(
    ("wish", "pointers"),
    [
        ({}, {"/target"}),
        ({"target": ""}, {"/target"}),
        ({"target": "ftp://example.com"}, {"/target"}),
        ({"target": "https://short.example/x"}, {"/target"}),
        ({"target": "\ud800"}, {"/target"}),
        ({"target": 1}, {"/target"}),
        ({"target": ["https://example.com"]}, {"/target"}),
        ({"target": TARGET, "alias": "a", "expires_at": "soon"}, {"/alias", "/expires_at"}),
        ({"target": TARGET, "alias": "login"}, {"/alias"}),
        ({"target": TARGET, "alias": False}, {"/alias"}),
        ({"target": TARGET, "alias": "\uff21\uff22\uff23"}, {"/alias"}),
        ({"target": TARGET, "\ud800": ""}, {"/\ud800"}),
        ({"target": TARGET, "expires_at": 1800000000}, {"/expires_at"}),
        ({"target": TARGET, "code": "abc"}, {"/code"}),
    ],
)
def test_bad_wishes_are_problems_that_name_the_fields(api, wish, pointers):
    answer = api.create(**wish)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert {error["pointer"] for error in answer.json["errors"]} == pointers
    assert answer.json["detail"]
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert api("GET").json["total"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 60_000])
def test_what_is_no_json_object_is_a_problem(api, body):
    answer = api("POST", data=body, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert "JSON object" in answer.json["detail"]
    assert api("POST", data={"target": TARGET}).status_code == 400


def test_a_taken_alias_is_a_problem(api, visitor):
    visitor.shorten("https://example.com/", alias="my-talk")
    answer = api.create(target=TARGET, alias="my-talk")
    assert answer.status_code == 422
    assert "already taken" in answer.json["errors"][0]["detail"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", "Bearer \udcff", "Basic YWxpY2U6eA=="])
@pytest.mark.parametrize("path", ["", "/abc"])
def test_without_a_good_token_there_is_nothing(app, alice, path, authorization):
    headers = {"Authorization": authorization.encode(errors="surrogateescape")} if authorization is not None else {}
    # The browser of a user who is logged in is no better: another site may have made it ask.
    for client in (app.test_client(), alice):
        answer = client.get(f"/api/v1/links{path}", headers=headers)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_opens_no_pages(api):
    assert api.client.get("/links", headers=api.headers).status_code == 302


def test_users_see_and_delete_their_own_links_only(app, api, bob):
    code = api.create(target=TARGET).json["code"]
    other = program(app, "bob")
    assert other("GET").json["total"] == 0
    for method in ("GET", "DELETE"):
        answer = other(method, f"/{code}")
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert other.create(target=TARGET).json["code"] != code
    assert api("GET", f"/{code}").status_code == 200


def test_search_and_pages(api):
    for number in range(22):
        api.create(target=f"https://example.com/{number}")
    page = api("GET", query_string={"q": "/2", "page": "9"}).json
    assert [link["target"][-3:] for link in page["links"]] == ["/21", "/20", "m/2"]
    assert api("GET").json["pages"] == 2


def test_errors_of_the_api_are_problems_too(api):
    for method, path, status in (("PUT", "", 405), ("GET", "/a/b", 404), ("GET", "/%00", 404)):
        answer = api(method, path)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert answer.json["status"] == status
    assert api("POST", data=b"x" * 100_000, content_type="application/json").status_code == 413


def test_the_documentation_tells_the_truth(api, visitor):
    page = visitor.get("/api/v1/").text.replace("&#34;", '"').replace("&#39;", "'")
    body = re.search(r"-d '([^']+)'", page)[1]
    made = api("POST", data=body, content_type="application/json")
    assert made.status_code == 201
    documented = re.search(r"<code>(\{\s+\"code\".*?\})</code>", page, re.DOTALL)[1]
    for name, value in made.json.items():
        assert f'"{name}": ' in documented
        if name != "created_at":
            assert (f'"{name}": "{value}"' if isinstance(value, str) else f'"{name}": ') in documented
    rules = {rule.rule.replace("<code:code>", "CODE") for rule in visitor.application.url_map.iter_rules()}
    for path in re.findall(r"<code>(?:GET|DELETE) ([^?<]+)", page):
        assert path in rules

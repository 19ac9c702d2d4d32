import pytest
from sqlalchemy import text

from shortener import create_app, rates, users

from .conftest import PASSWORD, TOKEN, sqlite_only


@pytest.fixture
def environ(environ):
    """With limits that are soon reached."""
    return environ | {"LIMIT_CREATE": "3 per hour", "LIMIT_LOGIN": "4 per hour"}


def at(address):
    """As from this address, through nginx."""
    return {"X-Forwarded-For": address}


def test_creation_is_limited_and_keeps_what_was_typed(visitor):
    for number in range(3):
        assert visitor.submit(f"https://example.com/{number}").status_code == 303
    answer = visitor.submit("https://example.com/typed", alias="my-talk")
    assert answer.status_code == 429
    assert "too often" in answer.text
    assert 'value="https://example.com/typed"' in answer.text
    assert 'value="my-talk"' in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert "Please wait 60 minutes" in answer.text
    # Looking is free.
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_visitors_are_told_apart_by_address(app, first, second, same):
    with app.test_request_context(headers=at(first), environ_base={"REMOTE_ADDR": first}):
        one = rates.address()
    with app.test_request_context(environ_base={"REMOTE_ADDR": second}):
        assert (rates.address() == one) == same


def test_visitors_do_not_share_a_limit(visitor):
    token = TOKEN.search(visitor.get("/").text).group(1)

    def create(address, number):
        data = {"target": f"https://example.com/{number}", "csrf_token": token}
        return visitor.post("/", data=data, headers=at(address)).status_code

    assert [create("192.0.2.1", number) for number in range(4)] == [303, 303, 303, 429]
    # What a visitor claims about where they come from is before what nginx adds.
    assert create("198.51.100.7, 192.0.2.1", 5) == 429
    assert create("192.0.2.2", 6) == 303


def test_a_user_has_one_limit_for_form_and_api(app, alice):
    with app.app_context():
        token = users.issue_token(users.authenticate("alice", PASSWORD), "test")
    for number in range(2):
        assert alice.submit(f"https://example.com/{number}").status_code == 303
    headers = {"Authorization": f"Bearer {token}"}

    def create(number, address):
        wish = {"target": f"https://example.com/api/{number}"}
        return app.test_client().post("/api/v1/links", json=wish, headers=headers | at(address))

    assert create(1, "192.0.2.1").status_code == 201
    answer = create(2, "192.0.2.2")
    assert (answer.status_code, answer.content_type) == (429, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert "too often" in answer.json["detail"]


def test_logins_and_registrations_are_limited_together(visitor):
    for path in ("/login", "/register") * 2:
        assert visitor.submit(path=path, name="typed-name", password="wrong").status_code == 422
    for path in ("/login", "/register"):
        answer = visitor.submit(path=path, name="typed-name", password=PASSWORD)
        assert answer.status_code == 429
        assert 'value="typed-name"' in answer.text


def test_a_limit_ends(app, visitor):
    for number in range(3):
        visitor.submit(f"https://example.com/{number}")
    assert visitor.submit("https://example.com/3").status_code == 429
    with app.extensions["engine"].begin() as connection:
        connection.execute(text("UPDATE rate SET ends = ends - 3601"))
    assert visitor.submit("https://example.com/3").status_code == 303
    with app.extensions["engine"].begin() as connection:
        # The counters that had ended were swept away.
        assert connection.execute(text("SELECT hits FROM rate")).scalars().all() == [1]


def test_nothing_in_the_counters_tells_who_it_was(app, visitor):
    visitor.submit()
    with app.extensions["engine"].begin() as connection:
        keys = connection.execute(text("SELECT key FROM rate")).scalars().all()
    assert keys
    assert all(len(key) == 64 for key in keys)


def test_the_storage_does_what_the_library_asks_of_it(app):
    with app.app_context():
        storage = rates.DatabaseStorage()
        assert [storage.incr("a", 60), storage.incr("a", 60, 2), storage.incr("b", 60)] == [1, 3, 1]
        assert (storage.get("a"), storage.get("c")) == (3, 0)
        assert storage.get_expiry("a") > storage.get_expiry("c")
        storage.clear("a")
        assert storage.get("a") == 0
        assert storage.check()
        storage.reset()
        assert storage.get("b") == 0


@pytest.mark.redis
@sqlite_only
def test_redis_counts_when_it_is_there(app, environ, redis_url):
    redis = create_app(environ | {"REDIS_URL": redis_url})
    redis.test_client_class = app.test_client_class
    visitor = redis.test_client()
    assert [visitor.submit(f"https://example.com/{n}").status_code for n in range(4)] == [303, 303, 303, 429]
    with redis.extensions["engine"].begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM rate")).scalar() == 0
    redis.extensions["engine"].dispose()


@sqlite_only
def test_without_its_redis_each_worker_counts_for_itself(app, environ, tmp_path):
    redis = create_app(environ | {"REDIS_URL": f"redis+unix://{tmp_path}/nobody"})
    redis.test_client_class = app.test_client_class
    visitor = redis.test_client()
    assert [visitor.submit(f"https://example.com/{n}").status_code for n in range(4)] == [303, 303, 303, 429]
    redis.extensions["engine"].dispose()

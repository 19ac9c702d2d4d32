"""The settings: defaults, what is refused, and that nothing accepted can break out of a generated file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from windlass.settings import AppSettings, Gunicorn, Nginx, Settings, Tls, words
from windlass.settings.domain import Domain

if TYPE_CHECKING:
    from pydantic import BaseModel

MINIMAL = {"source": "shop", "wsgi": "shop:app", "domains": ["www.example.com"]}


def app(**settings: Any) -> AppSettings:
    return AppSettings.model_validate({**MINIMAL, **settings})


def refusal(**settings: Any) -> str:
    """The one thing that is wrong with such an app."""
    with pytest.raises(ValidationError) as raised:
        app(**settings)
    [error] = raised.value.errors()
    return f"{'.'.join(map(str, error['loc']))}: {error['msg'].removeprefix('Value error, ')}"


def test_defaults() -> None:
    settings = Settings.model_validate({"apps": {"shop": MINIMAL}})
    shop = settings.apps["shop"]
    assert (settings.timezone, settings.updates.managed, settings.journald_max_use) == ("UTC", True, "500M")
    assert (shop.health_path, shop.keep_releases, shop.gunicorn.worker_class) == (None, 5, "gthread")
    assert (shop.requirements, shop.ref, shop.memory_max, shop.env_file) == (None, None, None, None)
    assert settings.tls_of(shop).directory_url == "https://acme-v02.api.letsencrypt.org/directory"


@pytest.mark.parametrize("model", [Settings, AppSettings, Tls, Gunicorn, Nginx])
def test_every_setting_is_described_in_one_sentence(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert re.fullmatch(r"[A-Z].*\.", field.description or ""), name


@pytest.mark.parametrize("value", [False, "off", {"mode": False}, {"mode": "off"}])
def test_tls_off_is_a_boolean_in_yaml(value: Any) -> None:
    assert Settings.model_validate({"tls": value}).tls.mode == "off"


def test_tls_in_short_staging_and_of_an_app() -> None:
    settings = Settings.model_validate({"tls": {"staging": True}, "apps": {"shop": {**MINIMAL, "tls": "self-signed"}}})
    assert settings.tls.directory_url == "https://acme-staging-v02.api.letsencrypt.org/directory"
    assert settings.tls_of(settings.apps["shop"]).mode == "self-signed"


def test_paths_start_at_the_project() -> None:
    found = Settings.model_validate(
        {"apps": {"a": {**MINIMAL, "env_file": "x/a.env"}}}, context={"project": Path("/p")}
    )
    assert found.apps["a"].env_file == Path("/p/x/a.env")
    assert app(env_file="~/a.env").env_file == Path.home() / "a.env"


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("WWW.Example.COM", "www.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a.b-c.d2.test", "a.b-c.d2.test"),
        ("intranet", "intranet"),
    ],
)
def test_domains_become_lower_case_ascii(given_name: str, name: str) -> None:
    assert app(domains=[given_name]).domains == [name]


@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("*.example.com", "a wildcard certificate needs DNS-01"),
        ("192.0.2.1", "is an IP address"),
        ("https://example.com", "write the name alone"),
        ("example.com/shop", "write the name alone"),
        ("example.com.", "is not a domain"),
        ("-a.example", "is not a domain"),
        ("a_b.example", "is not a domain"),
        ("a;b.example", "is not a domain"),
        ("a.example\n", "is not a domain"),
        ("", "is not a domain"),
        ("a" * 64 + ".example", "is not a domain"),
        (".".join(["a" * 49] * 6), "at most 253"),
        ("faß.example", "is read in two ways"),
    ],
)
def test_domains_refused(domain: str, reason: str) -> None:
    assert reason in refusal(domains=[domain])


def test_one_app_for_each_domain() -> None:
    apps = {"one": MINIMAL, "two": {**MINIMAL, "domains": ["a.test", "WWW.example.com"]}}
    with pytest.raises(ValidationError, match=r"'www.example.com' is a domain of app 'one' already"):
        Settings.model_validate({"apps": apps})
    assert "at least 1" in refusal(domains=[])


@pytest.mark.parametrize(
    "name", ["root", "www-data", "nginx", "systemd-x", "windlass", "Shop", "1a", "a_b", "a" * 32, ""]
)
def test_app_names_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=r"is a name of the system itself|is not an app name"):
        Settings.model_validate({"apps": {name: MINIMAL}})


@pytest.mark.parametrize(
    "source",
    [
        "shop",
        "../shop",
        "/srv/my shop",
        "https://git.example/x.git",
        "ssh://git@git.example:22/x",
        "git@git.example:x/y",
    ],
)
def test_sources(source: str) -> None:
    found = app(source=source)
    assert found.source == source
    assert found.from_git == (":" in source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("ext::sh -c touch% /tmp/x", "is neither a folder nor a git URL"),
        ("--upload-pack=x", "is neither a folder nor a git URL"),
        ("git://git.example/x", "is neither a folder nor a git URL"),
        ("http://git.example/x", "is neither a folder nor a git URL"),
        ("", "is neither a folder nor a git URL"),
        ("https://me:pw@git.example/x", "a password in a git URL ends up in the repository"),
        ("a\nb", "must be one line"),
    ],
)
def test_sources_refused(source: str, reason: str) -> None:
    assert reason in refusal(source=source)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ref": "v1"}, "ref: ref is for a git URL, and source is the folder 'shop'"),
        ({"wsgi": "shop"}, "wsgi: 'shop' is not MODULE:APP or MODULE:FACTORY()"),
        ({"wsgi": "shop:create_app(x)"}, "wsgi: 'shop:create_app(x)' is not MODULE:APP"),
        ({"wsgi": "shop:create_app('$x')"}, "wsgi: \"shop:create_app('$x')\" is not MODULE:APP"),
        ({"static": {"/": "x"}}, "static./.[key]: '/' is not the beginning of a URL path"),
        ({"static": {"/a/../b": "x"}}, "static./a/../b.[key]: '/a/../b' is not the beginning"),
        ({"static": {"/a": "../x"}}, "static./a: '../x' is not a path inside the app's source"),
        ({"static": {"/a": "/etc"}}, "static./a: '/etc' is not a path inside the app's source"),
        ({"static": {"/a": "x", "/a/": "y"}}, "static: '/a' and '/a/' differ in their last / only"),
        ({"static": {"/.well-known/acme-challenge": "x"}}, "static: /.well-known/acme-challenge belongs to the ACME"),
        ({"release_command": "x 'y"}, 'release_command: "x \'y" is not a command: no closing quotation'),
        ({"release_command": "x\ny"}, "release_command: 'x\\ny' must be one line"),
        ({"release_command": " "}, "release_command: ' ' is not a command"),
        ({"memory_max": 512}, "memory_max: 512 is not a size such as 512M or 2G"),
        ({"requirements": "../x.txt"}, "requirements: '../x.txt' is not a file of the source"),
        ({"gunicorn": {"version": 23.0}}, "gunicorn.version: 23.0 is not text; put it in quotes"),
        ({"gunicorn": {"workers": True}}, "gunicorn.workers: Input should be a valid integer"),
    ],
)
def test_app_settings_refused(settings: dict[str, Any], message: str) -> None:
    assert refusal(**settings).startswith(message)


def test_trailing_slashes_of_static_folders_do_not_matter() -> None:
    assert app(static={"/static/": "shop/static/"}).static == {"/static": "shop/static"}


WORDS = [
    value
    for name, value in vars(words).items()
    if name[0].isupper() and hasattr(value, "__metadata__") and name not in ("Source", "Command", "ProjectPath")
]
SPECIAL = st.text(alphabet=st.sampled_from("ab1./:@-_~%=+,;{}()[]<>\"'`$\\|&#! \t\n\r\0é"), max_size=12)


@pytest.mark.parametrize("kind", [*WORDS, Domain], ids=lambda kind: str(kind)[:60])
@given(text=SPECIAL | st.text(max_size=8))
def test_no_word_breaks_out_of_a_file(kind: Any, text: str) -> None:
    """Whatever a word may be, it has nothing that nginx, systemd, a shell or an env file would read as its own."""
    try:
        value = TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return
    assert value.isascii()
    assert not re.search(r"[\s;{}\"'`$\\|<>#!*\0]", value)
    assert not value.startswith("-")


def test_the_profile_of_tls_is_the_hosts() -> None:
    assert Settings.model_validate({"tls": {"profile": "modern"}}).tls.profile == "modern"
    with pytest.raises(ValidationError, match="profile"):
        app(tls={"profile": "modern"})


@pytest.mark.parametrize(("given", "meant"), [(True, "on"), (False, "off"), ("preload", "preload")])
def test_hsts_as_yaml_reads_it(given: Any, meant: str) -> None:
    assert app(tls={"hsts": given}).tls.hsts == meant

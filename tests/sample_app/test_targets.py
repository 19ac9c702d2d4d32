import socket
import threading
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.provisional import urls
from wtforms import ValidationError

from shortener import targets


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("https://example.com", "https://example.com/"),
        ("  https://example.com/a  ", "https://example.com/a"),
        ("HTTP://WWW.Example.COM:80/A?B=C#D", "http://www.example.com/A?B=C#D"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://bücher.example/ü?q=ä#ö", "https://xn--bcher-kva.example/%C3%BC?q=%C3%A4#%C3%B6"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://r3---sn-4g5.example.com/v", "https://r3---sn-4g5.example.com/v"),
        ("https://my_host.example.com/", "https://my_host.example.com/"),
        ("https://example.com/%7Ea/%zz", "https://example.com/%7Ea/%zz"),
        ("http://192.0.2.7/", "http://192.0.2.7/"),
        ("http://[2001:DB8:0:0::1]:8080/", "http://[2001:db8::1]:8080/"),
        # The Cyrillic letter looks like our "a"; punycode shows that it is not.
        ("https://\u0430pple.example/", "https://xn--pple-43d.example/"),
    ],
)
def test_accepted_in_one_spelling(typed, target):
    assert targets.parse(typed) == target


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Type or paste"),
        (" \t\n", "Type or paste"),
        ("example.com/page", "Start the address with http:// or https://"),
        ("//example.com", "Start the address with"),
        ("http:example.com", "Start the address with"),
        ("javascript:alert(1)", "Start the address with"),
        ("data:text/html,hello", "Start the address with"),
        ("ftp://example.com/", "Start the address with"),
        ("https://example.com/a b", "must not contain spaces"),
        ("https://example.com/\r\nSet-Cookie:a=b", "must not contain spaces, line breaks"),
        ("https://example.com\\@evil.example/", "backslashes"),
        ("https://example.com/\ud800", "must not contain"),
        ("https://bank.example@evil.example/", "user name or password"),
        ("https://@example.com/", "user name or password"),
        ("https://example.com:99999/", "not valid"),
        ("https://example.com:0/", "port"),
        ("https://[::1/", "not valid"),
        ("https://[fe80::1%25eth0]/", "not a valid host name"),
        ("https://localhost/", "not a full host name"),
        ("https://a..example/", "not a valid host name"),
        ("https://-a.example/", "not a valid host name"),
        ("https://" + "a" * 64 + ".example/", "not a valid host name"),
        ("https://127.1/", "not a valid host name"),
        ("https://2130706433/", "not a valid host name"),
        ("https://0177.0.0.1/", "not a valid host name"),
        ("https://127.0.0.1./", "not a valid host name"),
        ("https://localhost./", "not a full host name"),
        ("https://\uff11\uff12\uff17.1/", "not a valid host name"),  # digits of another width
        ("https://0x7f000001/", "not a valid host name"),
        ("https://1.2.3.4.5/", "not a valid host name"),
        ("https://example.com/" + "a" * 2000, "too long: 2,020 characters of at most 2,000"),
        ("https://example.com/" + "ü" * 400, "too long: 2,420 characters"),
    ],
)
def test_refused_with_the_reason(typed, reason):
    with pytest.raises(ValidationError, match=r"^[^\n]{,200}$") as refusal:
        targets.parse(typed)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    "typed",
    [
        "https://short.example/abc",
        "http://SHORT.example:8080",
        "https://short.example./",
        "https://b\u00fccher.example/",
    ],
)
def test_a_link_does_not_lead_back(typed):
    own = {"short.example", "xn--bcher-kva.example"}
    with pytest.raises(ValidationError, match="leads back to this site"):
        targets.parse(typed, own)
    assert targets.parse(typed.replace("example", "org"), own)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "printer.local",
        "nas.home.arpa",
        "db.internal",
        "app.localhost",
        "router.lan.",
    ],
)
def test_private_addresses_are_refused_unless_allowed(host):
    with pytest.raises(ValidationError, match="private network"):
        targets.parse(f"http://{host}/", allow_private=False)
    assert targets.parse(f"http://{host}/")


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]"])
def test_public_addresses_are_not(host):
    assert targets.parse(f"http://{host}/", allow_private=False)


@pytest.fixture
def name_server(monkeypatch):
    """What names lead to, in place of what the network says; tests/lab/ asks a real resolver."""
    known = {}

    def getaddrinfo(host, port):
        if isinstance(known[host], Exception):
            raise known[host]
        return [(None, None, None, "", (address, 0)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


@pytest.mark.parametrize(
    ("addresses", "refused"),
    [
        (["10.0.0.1"], True),
        (["::1"], True),
        (["fe80::1%eth0"], True),
        (["::ffff:192.168.0.1"], True),
        (["8.8.8.8", "192.168.0.1"], True),
        (["8.8.8.8", "2606:4700::1111"], False),
        (socket.gaierror("no such name"), False),
    ],
)
def test_names_that_lead_into_a_private_network_are_refused_unless_allowed(name_server, addresses, refused):
    name_server["www.internal.example"] = addresses
    if refused:
        with pytest.raises(ValidationError, match="in a private network"):
            targets.parse("http://www.internal.example./", allow_private=False)
    else:
        assert targets.parse("http://www.internal.example./", allow_private=False)
    name_server.clear()  # who allows them needs no name server
    assert targets.parse("http://www.internal.example/")


def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch):
    answer = threading.Event()

    def late(host, port):
        answer.wait(60)
        return [(None, None, None, "", ("10.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", late)
    monkeypatch.setattr(targets, "LOOKUP_SECONDS", 0.01)
    assert targets.parse("http://slow.example/", allow_private=False)  # else the answer would be that it is private
    answer.set()


HOSTISH = st.text("aZ09.-_:@[]%\\/?#ü。ß\uff11xX \u200b", max_size=30)


@given(
    st.one_of(
        st.text(),
        urls(),
        st.builds("{}{}{}".format, st.sampled_from(["http://", "https://"]), HOSTISH, st.text(max_size=20)),
    )
)
@example("http://" + "a" * 254 + ".example")
@example("https://example.com/?")
def test_whatever_is_typed_gives_one_clean_url_or_a_reason(typed):
    try:
        target = targets.parse(typed)
    except ValidationError:
        return
    assert target.isascii()
    assert target.isprintable()
    assert len(target) <= targets.MAX_LENGTH
    assert not set(target) & set(' "<>\\^`{}|')
    parts = urlsplit(target)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert parts.username is None
    assert targets.parse(target) == target
    with pytest.raises(ValidationError):
        targets.parse(typed, {parts.hostname.rstrip(".") if ":" not in parts.hostname else f"[{parts.hostname}]"})

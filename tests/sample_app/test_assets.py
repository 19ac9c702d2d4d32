import base64
import hashlib
import re


def test_pages_name_static_files_by_their_content(visitor):
    page = visitor.get("/").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(addresses) == 3
    for address in addresses:
        assert re.fullmatch(r"/static/[a-z]+\.(css|js|svg)\?v=[0-9a-f]{8}", address)
        with visitor.get(address) as answer:
            assert answer.status_code == 200


def test_scripts_and_styles_are_those_that_are_meant(visitor):
    page = visitor.get(f"/links/{visitor.shorten()}").text
    found = re.findall(r'(?:href|src)="(/static/[^"]+)" integrity="sha384-([^"]+)"', page)
    assert [re.sub(r"\?.*", "", address) for address, _ in found] == ["/static/style.css", "/static/copy.js"]
    for address, digest in found:
        with visitor.get(address) as answer:
            assert base64.b64encode(hashlib.sha384(answer.data).digest()).decode() == digest


def test_pages_need_nothing_that_the_policy_forbids(alice):
    code = alice.shorten()
    paths = [
        "/",
        f"/links/{code}",
        f"/links/{code}/delete",
        "/links",
        "/tokens",
        "/login",
        "/register",
        "/api/v1/",
        "/no",
    ]
    for page in (alice.get(path).text for path in paths):
        assert not re.search(r"<script(?! src)|<style|\sstyle=|\son[a-z]+=|<iframe", page)

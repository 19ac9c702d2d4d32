import re


def test_pages_name_static_files_by_their_content(visitor):
    page = visitor.get("/").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(addresses) == 3
    for address in addresses:
        assert re.fullmatch(r"/static/[a-z]+\.(css|svg)\?v=[0-9a-f]{8}", address)
        with visitor.get(address) as answer:
            assert answer.status_code == 200


def test_pages_need_nothing_that_the_policy_forbids(visitor):
    visitor.submit("https://example.com/")
    for page in (visitor.get("/").text, visitor.submit("https://example.com/", follow_redirects=True).text):
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|<iframe", page)

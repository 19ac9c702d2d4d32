"""Which paths may be an app's data."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from windlass.settings import AppSettings

APP: dict[str, Any] = {"source": "shop", "wsgi": "shop:app", "domains": ["shop.example.org"]}


def settings(*data: str, **others: Any) -> AppSettings:
    return AppSettings.model_validate({**APP, "data": list(data), **others})


def test_paths_are_plain_and_one_of_a_folder_keeps_its_end() -> None:
    assert settings("./uploads", "a//b/", "app.db").data == ["uploads", "a/b/", "app.db"]
    assert settings().data == []
    assert settings("shop/static/uploads", static={"/static": "shop/static"}).data == ["shop/static/uploads"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (["/var/uploads"], "'/var/uploads' is not a path inside the app's source"),
        (["../uploads"], "'../uploads' is not a path inside the app's source"),
        (["a/../../b"], "'a/../../b' is not a path inside the app's source"),
        (["up loads"], "'up loads' is not a path inside the app's source"),
        (["."], "'.' is all of the code; name what the app writes"),
        (["./"], "'./' is all of the code; name what the app writes"),
        (["uploads", "./uploads/"], "'uploads/' is listed twice"),
        (
            ["uploads/thumbs", "uploads"],
            "'uploads/thumbs' lies in 'uploads', which is listed, too; one of them is enough",
        ),
    ],
)
def test_bad_paths(data: list[str], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(*data)
    assert words in str(refused.value)


@pytest.mark.parametrize("path", ["shop/static", "shop/static/", "shop"])
def test_what_nginx_serves_cannot_be_data(path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(path, static={"/static": "shop/static"})
    assert (
        f"{path!r} has what nginx serves (static: {{/static: shop/static}}), and only the app can read its data;"
        " leave it out of `static`, or name a folder in it"
    ) in str(refused.value)

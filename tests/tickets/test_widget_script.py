"""The widget as it is served: how large, from where, in which languages."""

import gzip
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as Http

from tickets.widget import languages, texts_in, widget_script

MOST_BYTES = 12_000
TEXTS = Path(settings.BASE_DIR) / "static" / "widget" / "texts"


def test_the_widget_is_small() -> None:
    assert len(widget_script().packed) <= MOST_BYTES, len(widget_script().packed)
    assert gzip.decompress(widget_script().packed) == widget_script().plain


@pytest.mark.django_db
def test_any_page_may_load_the_widget_and_keep_it_for_an_hour() -> None:
    answer = Http().get("/widget.js", headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(answer.content).startswith(b'(()=>{"use strict";')
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age=3600" in answer.headers["Cache-Control"]
    assert not answer.cookies
    again = Http().get("/widget.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Http().get("/widget.js").content == widget_script().plain
    assert Http().post("/widget.js").status_code == 405


def test_every_language_says_all_that_english_says() -> None:
    assert languages() == ("de", "en", "es", "fr")
    english = json.loads((TEXTS / "en.json").read_text(encoding="utf-8"))
    for name in languages():
        texts = json.loads((TEXTS / f"{name}.json").read_text(encoding="utf-8"))
        assert list(texts) == list(english), name
        for word, text in texts.items():
            assert text and text.count("{") == english[word].count("{"), (name, word)
    assert texts_in("de-AT")["send"] == "Senden"
    for unknown in ("en", "en-GB", "", "xx", "../../etc", "de/../en"):
        assert not texts_in(unknown)


def test_the_script_evaluates_nothing_and_writes_no_markup() -> None:
    code = widget_script().plain.decode()
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "eval(", "new Function", ".cssText",
                 "document.write", "setAttribute(\"style\""):  # fmt: skip
        assert word not in code

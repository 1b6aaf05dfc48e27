import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.signals import MOST_PATH, page_path


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://shop.test/cart", "/cart"),
        ("https://shop.test/cart/", "/cart"),
        ("https://shop.test/cart?a=1#top", "/cart"),
        ("https://shop.test", "/"),
        ("https://shop.test/orders/123/edit", "/orders/*/edit"),
        ("https://shop.test/u/0b5e1b52-3c0f-4a53-9a54-8f0d5b9c2f11", "/u/*"),
        ("https://shop.test/x/507f1f77bcf86cd799439011", "/x/*"),
        ("https://shop.test/r/cl9ebqhxk00003b600tymydho", "/r/*"),
        ("https://shop.test/how-to-pay-your-invoice", "/how-to-pay-your-invoice"),
        ("/settings/billing", "/settings/billing"),
        ("//shop.test/cart", "/cart"),
        ("  https://shop.test/cart  ", "/cart"),
        ("", ""),
        ("cart", ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("mailto:a@b.test", ""),
        ("http://[bad", ""),
        ("https://shop.test/%2e%2e/x", "/%2e%2e/x"),
        ("shop.example/checkout", "/checkout"),
        (" Shop.Example/orders/123?a=1#top ", "/orders/*"),
        ("app.shop.example:8443/checkout/", "/checkout"),
        ("münchen.example/warenkorb", "/warenkorb"),
        ("shop.example/", "/"),
        ("www.shop.example", "/"),
        ("shop.example", ""),
        ("index.html", ""),
        ("and/or", ""),
        ("e.g./i.e.", ""),
        ("v1.2/v1.3", ""),
        ("192.168.0.1/admin", ""),
        ("the page shop.example/checkout", ""),
        ("me@shop.example", ""),
        ("me@shop.example/checkout", ""),
        ("mailto:me@shop.example/checkout", ""),
        ("user:secret@shop.example/checkout", ""),
        ("shop.example:x/checkout", ""),
        ("shop..example/checkout", ""),
        ("-shop.example/checkout", ""),
    ],
)
def test_the_same_page_looks_the_same_for_every_visitor(address: str, path: str) -> None:
    assert page_path(address) == path


@given(st.text(max_size=3000))
def test_any_text_gives_a_short_path_or_none(address: str) -> None:
    path = page_path(address)
    assert path == "" or (path.startswith("/") and len(path) <= MOST_PATH)


@given(st.text(alphabet="abc123/-_.", max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_query_and_fragment_never_count(path: str, query: str, fragment: str) -> None:
    plain = page_path(f"https://shop.test/{path}")
    noise = f"?{query}#{fragment}".replace("\n", "").replace("\r", "").replace("\t", "")
    assert page_path(f"https://shop.test/{path}{noise}") in {plain, ""}


_WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(_WORD, _WORD, st.sampled_from(["", "/", "/x"]))
def test_a_mail_address_is_no_page(name: str, host: str, rest: str) -> None:
    assert page_path(f"{name}@{host}.example{rest}") == ""


@given(st.lists(_WORD, min_size=1, max_size=6), st.sampled_from([" ", "/", "-", ", ", ". "]))
def test_plain_words_are_no_page(words: list[str], between: str) -> None:
    assert page_path(between.join(words)) == ""


@given(st.text(alphabet="abcXYZ19-_/.?#", max_size=60))
def test_a_page_is_the_same_with_and_without_its_scheme(path: str) -> None:
    assert page_path(f"shop.example/{path}") == page_path(f"https://shop.example/{path}")

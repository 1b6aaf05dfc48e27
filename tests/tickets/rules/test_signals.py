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

"""A query with one of its words written in another way."""

from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.search import respelled


def test_a_word_is_replaced_whole_in_any_case_and_no_part_of_another() -> None:
    assert (
        respelled("Mial from mialbox state:open", "mial", "mail") == "mail from mialbox state:open"
    )
    assert respelled('(mial) "mial" -mial', "mial", "mail") == '(mail) "mail" -mail'


@given(st.text(max_size=80), st.text(min_size=1, max_size=8), st.text(max_size=8))
def test_any_query_and_word_are_taken(text: str, word: str, usual: str) -> None:
    assert respelled("", word, usual) == ""
    assert respelled(text, word, word).casefold() == text.casefold()

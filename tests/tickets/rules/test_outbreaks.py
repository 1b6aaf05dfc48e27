import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.models import SignalKind
from tickets.rules.outbreaks import SHARED_KINDS, shared_value


@pytest.mark.parametrize("kind", sorted(set(SignalKind.values) - set(SHARED_KINDS)))
def test_a_page_or_a_release_says_nothing_of_another_client(kind: str) -> None:
    assert shared_value(kind, "/checkout") == ""


@pytest.mark.parametrize(
    "value",
    ["unknown", "  Undefined ", "null", "N/A", "0", "0000-0000", "-", "::", "aaaa", "error"],
)
def test_what_stands_for_no_value_is_none(value: str) -> None:
    assert shared_value("fingerprint", value) == ""


def test_a_fingerprint_is_taken_as_it_is_and_an_advisory_in_either_case() -> None:
    assert shared_value("fingerprint", "a1B2c3") == "a1B2c3"
    assert shared_value("advisory", "ghsa-x1y2") == shared_value("advisory", "GHSA-X1Y2")


@given(kind=st.sampled_from(SignalKind.values), value=st.text(min_size=1, max_size=300))
@settings(max_examples=100)
def test_a_shared_value_is_never_longer_than_the_signal(kind: str, value: str) -> None:
    shared = shared_value(kind, value)
    assert len(shared) <= len(value)
    assert shared_value(kind, shared or "0") == shared

"""Proof of work: what counts as one, and what of it can be used again."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import InvalidInput
from core.proofs import LASTS, check_proof, new_challenge

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def find_counter(challenge: str, message: str, *, about: str = "7", now: datetime = NOW) -> str:
    """Do the work, as a browser does."""
    for counter in map(str, itertools.count()):
        try:
            check_proof(challenge, message, counter, about=about, now=now)
        except InvalidInput as refusal:
            assert refusal.field == "proof"
        else:
            return counter
    raise AssertionError


def test_the_work_for_one_message_is_none_for_another() -> None:
    challenge = new_challenge("7", bits=8, now=NOW)
    counters = {message: find_counter(challenge, message) for message in "abcdefgh"}
    assert len(set(counters.values())) > 1
    with pytest.raises(InvalidInput, match="too little work"):
        for message in "bcdefgh":
            check_proof(challenge, message, counters["a"], about="7", now=NOW)


def test_a_challenge_asks_for_its_bits() -> None:
    taken = [int(find_counter(new_challenge("7", bits=6, now=NOW), "a")) for _ in range(60)]
    # A counter is found after 64 tries on average; 60 averages below 20 do not happen.
    assert 20 < sum(taken) / len(taken) < 200
    assert find_counter(new_challenge("7", bits=0, now=NOW), "a") == "0"


def test_no_other_challenge_holds() -> None:
    for_another = new_challenge("8", bits=0, now=NOW)
    for challenge in ("", "x" * 400, "7.0.99999999999.x:forged", for_another):
        with pytest.raises(InvalidInput) as refused:
            check_proof(challenge, "a", "0", about="7", now=NOW)
        assert refused.value.field == "challenge"


def test_a_challenge_is_over_after_two_hours() -> None:
    challenge = new_challenge("7", bits=0, now=NOW)
    check_proof(challenge, "a", "0", about="7", now=NOW + LASTS)
    with pytest.raises(InvalidInput, match="over"):
        check_proof(challenge, "a", "0", about="7", now=NOW + LASTS + timedelta(seconds=1))

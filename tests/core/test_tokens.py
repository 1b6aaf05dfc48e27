import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from core.tokens import (
    TokenFilter,
    derive_token,
    fill_placeholders,
    hash_token,
    mask_tokens,
    placeholder,
    random_token,
)


def test_a_row_has_one_token_and_each_purpose_another() -> None:
    tokens = {derive_token(purpose, pk) for purpose in ("invitation", "fix_check") for pk in (1, 2)}
    assert len(tokens) == 4
    assert derive_token("invitation", 1) == derive_token("invitation", 1)
    assert all(len(token) == 43 for token in tokens)


def test_random_tokens_differ_and_hash_to_64_hex_digits() -> None:
    assert random_token() != random_token()
    assert len(hash_token(random_token())) == 64


def test_a_placeholder_holds_no_token_and_is_filled_on_leaving() -> None:
    text = f"Join: https://x.test/invite/{placeholder('invitation', 7)}/ now"
    assert derive_token("invitation", 7) not in text
    assert fill_placeholders(text) == (
        f"Join: https://x.test/invite/{derive_token('invitation', 7)}/ now"
    )


@pytest.mark.parametrize("forged", [
    "{token:invitation:7}",
    "{token:fix_check:1}",
    "{token:invitation:7:}",
    "{token:invitation:7:" + "A" * 43 + "}",
])  # fmt: skip
def test_a_placeholder_somebody_typed_stays_text(forged: str) -> None:
    assert fill_placeholders(f"Hi {forged}") == f"Hi {forged}"


def test_the_signature_of_one_row_opens_no_other() -> None:
    mine = placeholder("invitation", 7)
    assert fill_placeholders(mine.replace(":7:", ":8:")) == mine.replace(":7:", ":8:")
    other = mine.replace("invitation", "fix_check")
    assert fill_placeholders(other) == other


def test_a_mail_written_before_the_key_changed_still_gets_its_own_token(
    settings: Settings,
) -> None:
    stored, token = placeholder("fix_check", 3), derive_token("fix_check", 3)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 8
    assert fill_placeholders(stored) == token


@given(st.text())
def test_text_without_placeholders_leaves_as_it_is(text: str) -> None:
    assert fill_placeholders(text) == text


@pytest.mark.parametrize("line", [
    "GET /v/{0}/ 200",
    "POST /invite/{0}/",
    "POST /r/{0}/",
    "key so_live_{0} refused",
    'Referer: "https://x.test/v/{0}/?a=1"',
])  # fmt: skip
def test_tokens_stay_out_of_logs(line: str) -> None:
    token = random_token()
    assert token not in mask_tokens(line.format(token))


def test_ordinary_paths_are_logged_whole() -> None:
    assert mask_tokens("GET /portal/tickets/214/ /v/ /r/ /view/abc") == (
        "GET /portal/tickets/214/ /v/ /r/ /view/abc"
    )


def _record(message: object, *args: object) -> logging.LogRecord:
    return logging.LogRecord("x", logging.INFO, "f", 1, message, args, None)


def test_the_log_filter_masks_arguments_too() -> None:
    token = random_token()
    record = _record("%s %s", "GET", f"/v/{token}/")
    assert TokenFilter().filter(record)
    assert token not in record.getMessage()


def test_a_badly_made_log_line_does_not_break_the_caller() -> None:
    assert TokenFilter().filter(_record("%d", "not a number"))
    assert TokenFilter().filter(_record("%s %s", "one"))

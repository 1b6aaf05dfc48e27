import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.rules.secrets import holds_secret
from tests.timing import processor_seconds

# Put together here, so that no scanner of this repository takes an example for a leak.
_LONG = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.mark.parametrize("text", [
    "-----BEGIN " + "PRIVATE KEY-----",
    "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE",
    "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "sk_" + "live_" + _LONG,
    "rk_" + "live_" + _LONG,
    "whsec_" + _LONG,
    "AKIA" + "ABCDEFGHIJ234567",
    "gh" + "p_" + _LONG,
    "github_" + "pat_" + _LONG,
    "gl" + "pat-" + _LONG,
    "xox" + "b-1234567890-abc",
    "AIza" + _LONG,
    "sk-" + "proj-" + _LONG,
    "sk-" + "ant-api03-" + _LONG,
    "SG." + _LONG[:22] + "." + _LONG,
    "npm_" + _LONG,
    "so_" + "live_" + _LONG,
    "postgres://app:hunter2@db.internal/app",
    "https://user:pa55@host.test/x",
    "run with redis://:s3cret@cache:6379/0 please",
    "token eyJhbGciOiJIUzI1NiJ9." + "eyJyb2xlIjoic2VydmljZV9yb2xlIn0." + _LONG,
])  # fmt: skip
def test_what_looks_like_a_secret_is_recognised(text: str) -> None:
    assert holds_secret(text)
    assert holds_secret(f"The key is {text}, do not lose it.")


@pytest.mark.parametrize("text", [
    "",
    "https://github.com/acme/shop",
    "ssh deploy@host.test, then ./deploy.sh",
    "postgres://db.internal/app",
    "Ask alice@acme.test: she has it. See https://vault.test/#/item/123",
    "The key starts with sk_live_ and lives in the vault.",
    "git@github.com:acme/shop.git",
    "http://localhost:8000/a@b",
    "task-list-of-the-release-in-november",
])  # fmt: skip
def test_ordinary_facts_are_no_secrets(text: str) -> None:
    assert not holds_secret(text)


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    holds_secret(text)


@pytest.mark.parametrize("text", ["a://" * 20_000, "-----BEGIN " + "A " * 50_000, "a" * 100_000,
                                  "eyJ" * 30_000, "sk-" * 30_000, "a.b+" * 30_000])  # fmt: skip
def test_long_text_is_looked_at_in_time(text: str) -> None:
    assert processor_seconds(lambda: holds_secret(text)) < 2

"""What a key of Stripe's says of itself; apart from the client, so that checks need no library."""


def is_live_key(key: str) -> bool:
    """Tell whether a key, secret or restricted, moves real money (docs: API keys)."""
    return key.startswith(("sk_live_", "rk_live_"))

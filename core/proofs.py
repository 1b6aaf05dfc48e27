"""Proof of work: what a browser computes before it may write, in place of a captcha.

As Hashcash (Back, 2002), with SHA-256: the sender looks for a counter for which the hash of
``challenge:message:counter`` begins with so many zero bits. A challenge is signed and holds for
some hours, so that nothing is computed ahead of it; since the message is part of what is hashed,
each message takes work of its own, and nothing has to be kept of what was proved.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer

from core.errors import InvalidInput

LASTS = timedelta(hours=2)
_SIGNER = Signer(salt="core.proofs")


def new_challenge(about: str, *, bits: int, now: datetime) -> str:
    """Give a challenge of so many bits, good for one thing only (a key, say)."""
    until = int((now + LASTS).timestamp())
    return _SIGNER.sign(f"{about}.{bits}.{until}.{secrets.token_urlsafe(9)}")


def check_proof(challenge: str, message: str, counter: str, *, about: str, now: datetime) -> None:
    """Raises InvalidInput unless the counter proves the work for the message."""
    try:
        known_about, bits, until, _ = _SIGNER.unsign(challenge[:300]).rsplit(".", 3)
    except (BadSignature, ValueError):
        raise InvalidInput("This is no challenge of ours.", field="challenge") from None
    if known_about != about or int(until) < now.timestamp():
        raise InvalidInput("This challenge is over. Ask for another.", field="challenge")
    digest = hashlib.sha256(f"{challenge}:{message}:{counter[:20]}".encode()).digest()
    if int.from_bytes(digest) >> (256 - int(bits)):
        raise InvalidInput("This proves too little work.", field="proof")

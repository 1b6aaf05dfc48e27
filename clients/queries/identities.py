"""By what a project's server vouches for the people its pages serve."""

import hashlib
import hmac

from clients.models import Project
from core.tokens import derive_token, derived_tokens


def identity_secret(project: Project) -> str:
    """Give the secret by which the project's server signs now."""
    return derive_token(_purpose(project), project.pk)


def is_signed(project: Project, *, user_id: str, signature: str) -> bool:
    """Tell whether a signature is the project's over a user's id: HMAC-SHA256 (RFC 2104) in hex."""
    given = signature.strip().lower().encode()
    return bool(user_id) and any(
        hmac.compare_digest(
            given, hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest().encode()
        )
        for secret in derived_tokens(_purpose(project), project.pk)
    )


def _purpose(project: Project) -> str:
    return f"identity.{project.identity_rotation}"

"""Recognising secrets that must not be kept here, by the published shapes of common keys."""

import re

_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:sk|rk)_live_[0-9A-Za-z]{10,}"
    r"|\b(?:whsec|npm|so_live|github_pat)_[0-9A-Za-z_-]{20,}"
    r"|\bsk-(?:proj-|ant-)[0-9A-Za-z_-]{20,}"
    r"|\bsk-[0-9A-Za-z]{32,}"
    r"|\bglpat-[0-9A-Za-z_-]{20,}"
    r"|\bSG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{16,64}"
    r"|\beyJ[0-9A-Za-z_-]{10,2000}\.eyJ[0-9A-Za-z_-]{10,4000}\.[0-9A-Za-z_-]{16,}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[0-9A-Za-z]{30,}"
    r"|\bxox[abp]-[0-9A-Za-z-]{10,}"
    r"|\bAIza[0-9A-Za-z_-]{30,}"
    r"|\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,80}:[^\s:/@]{1,200}@"
)


def holds_secret(text: str) -> bool:
    """Tell whether the text has a private key, a provider's key or a URL with a password in it."""
    return _SHAPES.search(text) is not None

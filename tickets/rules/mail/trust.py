"""Whether a mail comes from the domain it names (DMARC, RFC 7489, as RFC 8601 headers tell)."""

import re

from tickets.rules.mail.reading import Mail

_COMMENT = re.compile(r"\([^()]*\)")
_DMARC = re.compile(r"\bdmarc\s*=\s*pass\b(.*?)(;|$)", re.I | re.S)
_DOMAIN = re.compile(r"\bheader\.from\s*=\s*\"?(?:[^\s;@]*@)?([^\s;\"]+)", re.I)


def passes_dmarc(mail: Mail, trusted: str) -> bool:
    """Tell whether the host that received the mail says that its From is true.

    ``trusted`` is that host's authserv-id; without one nothing is believed. Of several headers that
    bear its name the topmost counts: whoever sent the mail could have written those below.
    """
    if not trusted or len(mail.headers.get("from", [])) != 1 or len(mail.addresses("from")) != 1:
        return False
    for header in mail.headers.get("authentication-results", []):
        results = _COMMENT.sub(" ", header)
        name = results.split(";")[0].split()
        if name and name[0].lower() == trusted.lower():
            verdict = _DMARC.search(results)
            domain = _DOMAIN.search(verdict[1]) if verdict else None
            return bool(verdict) and (domain is None or domain[1].lower() == mail.sender.domain)
    return False

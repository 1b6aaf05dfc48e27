"""Whether a mail comes from the domain it names (DMARC, RFC 7489, as RFC 8601 headers tell)."""

import re

from tickets.rules.mail.reading import Mail

_MARKS = re.compile(r'\\.|["()]', re.S)
_DMARC = re.compile(r"\s*dmarc\s*=\s*(\w+)", re.I)
_DOMAIN = re.compile(r"\bheader\.from\s*=\s*(?:[^\s;@]*@)?([^\s;]+)", re.I)


def passes_dmarc(mail: Mail, trusted: str) -> bool:
    """Tell whether the host that received the mail says that its From is true.

    ``trusted`` is that host's authserv-id; without one nothing is believed. Of several headers that
    bear its name the topmost counts: whoever sent the mail could have written those below.
    """
    if not trusted or len(mail.headers.get("from", [])) != 1 or len(mail.addresses("from")) != 1:
        return False
    for header in mail.headers.get("authentication-results", []):
        name, *results = _bare(header).split(";")
        if name.split()[:1] and name.split()[0].lower() == trusted.lower():
            verdicts = [each for each in results if _DMARC.match(each)]
            return bool(verdicts) and all(_passes(each, mail.sender.domain) for each in verdicts)
    return False


def _passes(verdict: str, domain: str) -> bool:
    told, about = _DMARC.match(verdict), _DOMAIN.search(verdict)
    is_pass = told is not None and told[1].lower() == "pass"
    return is_pass and (about is None or about[1].lower() == domain)


def _bare(header: str) -> str:
    """Drop comments and quoted words: they hold what the sender chose, such as another verdict.

    Where one is never closed, or something escaped outside of them, any verdict may be hidden or
    faked: then nothing is left but the name of the host.
    """
    bare, begin, depth, quoted = [], 0, 0, False
    for found in _MARKS.finditer(header):
        mark, hid = found[0], depth > 0 or quoted
        if mark[0] == "\\" and not hid:
            return header.partition(";")[0]
        if mark == '"' and not depth:
            quoted = not quoted
        elif mark == "(" and not quoted:
            depth += 1
        elif mark == ")" and depth:
            depth -= 1
        hides = depth > 0 or quoted
        if hides and not hid:
            bare += [header[begin : found.start()], "_" if quoted else " "]
        elif hid and not hides:
            begin = found.end()
    return header.partition(";")[0] if depth or quoted else "".join([*bare, header[begin:]])

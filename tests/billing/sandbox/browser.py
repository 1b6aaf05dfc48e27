"""Somebody at the sandbox's pages who reads, chooses and presses buttons."""

from typing import Any
from urllib.parse import urljoin

import lxml.html
import requests


class Visitor:
    """One browser; ``text`` is what its page says, ``went_to`` where it was led away to."""

    def __init__(self, url: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self.visit(url)

    def visit(self, url: str) -> None:
        """Open a page."""
        self._take(self._session.get(url, timeout=10, allow_redirects=False))

    def press(self, label: str, **chosen: str) -> None:
        """Press a button, with the choices beside it."""
        (form,) = (
            each
            for each in self._page.forms
            if label in [button.text_content() for button in each.findall(".//button")]
        )
        fields = {**dict(form.form_values()), **chosen}
        self._take(self._session.post(self.url, data=fields, timeout=10, allow_redirects=False))

    def follow(self, label: str) -> requests.Response:
        """Fetch what a link leads to."""
        (href,) = self._page.xpath("//a[text()=$label]/@href", label=label)
        return self._session.get(urljoin(self.url, href), timeout=10)

    @property
    def buttons(self) -> list[str]:
        """Give the labels of the buttons."""
        return [each.text_content() for each in self._page.xpath("//button")]

    def _take(self, answer: requests.Response) -> None:
        self.status = answer.status_code
        self.went_to = answer.headers.get("Location", "")
        self.url = answer.url
        self.source = answer.text
        self._page = _parsed(answer.text or "<p></p>")
        self.text = " ".join(" ".join(self._page.xpath("//body//text()")).split())


def _parsed(source: str) -> Any:
    # The stubs know any element, which has neither forms nor text.
    return lxml.html.document_fromstring(source)

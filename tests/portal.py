"""What tests of the portal's pages share."""

from django.test import Client as Browser

from clients.models import User

BACKEND = "clients.backends.GroupsBackend"


def signed_in(user: User) -> Browser:
    """Give a browser in which the person is signed in."""
    browser = Browser()
    browser.force_login(user, backend=BACKEND)
    return browser

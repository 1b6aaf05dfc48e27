"""Files that come with a form of the portal: stored first, then tied by the action."""

from clients.portal import Portal
from tickets.forms import WithFiles
from tickets.models import Attachment


def store_files(portal: Portal, form: WithFiles) -> list[int]:
    """Store the form's files; gives their ids together with those of an earlier try."""
    return form.store_files(user=portal.user, now=portal.now)


def kept_files(portal: Portal, form: WithFiles) -> list[Attachment]:
    """Give the files that an earlier try stored and that are still the person's own."""
    return form.kept_files(portal.user)

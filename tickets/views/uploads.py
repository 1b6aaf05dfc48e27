"""Files that come with a form: stored first, then tied by the action, kept if that refuses."""

from collections.abc import Iterable
from typing import cast

from django.http import QueryDict

from clients.portal import Portal
from tickets.actions import upload_attachment
from tickets.forms import WithFiles
from tickets.models import Attachment
from tickets.queries import loose_attachments


def store_files(portal: Portal, form: WithFiles) -> list[int]:
    """Store the form's files; gives their ids together with those of an earlier try."""
    kept = [file.pk for file in kept_files(portal, form)]
    for sent in form.cleaned_data.get("attachments") or []:
        stored = upload_attachment(
            name=sent.name or "file", data=sent.read(), actor=portal.user, now=portal.now
        )
        kept.append(stored.pk)
        remember(form, kept)
    return kept


def kept_files(portal: Portal, form: WithFiles) -> list[Attachment]:
    """Give the files that an earlier try stored and that are still the person's own."""
    if not form.is_bound:
        return []
    wanted = form.cleaned_data.get("kept") if hasattr(form, "cleaned_data") else []
    return list(loose_attachments(portal.user, wanted or []))


def remember(form: WithFiles, ids: Iterable[int]) -> None:
    """Let the form carry stored files along when it is shown again."""
    form.cleaned_data["kept"] = list(ids)
    data = cast(QueryDict, form.data).copy()
    data["kept"] = ",".join(str(pk) for pk in form.cleaned_data["kept"])
    form.data = data

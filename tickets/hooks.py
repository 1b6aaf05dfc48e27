"""Web-hooks by which mail services hand mail in; anymail checks who posts and reads their form."""

from collections.abc import Callable
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import compat32
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from core.multipart import NotWhole, read_form
from tickets.actions import keep_mail
from tickets.gateways.mail_services import VIEWS

# The fields in which Mailgun and SendGrid post a mail as it came.
_WHOLE_MAIL = frozenset({"body-mime", "email"})
_RAW = "mail_as_it_came"
View = Callable[[HttpRequest], HttpResponseBase]


def hook_urls() -> list[URLPattern]:
    """Give the address of each service that is switched on; the others answer 404."""
    return [
        path(f"{name}/", _roomy(import_string(VIEWS[name]).as_view()), name=f"mail_{name}")
        for name in settings.INBOUND_MAIL_SERVICES
    ]


def take_inbound(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:
    """Keep what a service handed in (anymail's signal); an error lets it post again."""
    if event.message is not None:
        keep_mail(
            raw=getattr(event.esp_event, _RAW, None) or _bytes(event.message),
            via=esp_name.lower(),
            recipient=event.message.envelope_recipient or "",
            now=timezone.now(),
        )


def _bytes(message: EmailMessage) -> bytes:
    """Write a mail that anymail has put together, also one that its own policy cannot write."""
    try:
        return message.as_bytes()
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        return message.as_bytes(policy=compat32)


def _roomy(view: View) -> View:
    """Let a service post a mail with its files, which is more than a form of ours may hold."""

    @csrf_exempt
    def roomy(request: HttpRequest) -> HttpResponseBase:
        # What Django itself would set, without its limits for forms; base64 takes a third more.
        request._body = request.read(settings.INBOUND_MAIL_MAX_BYTES * 3 // 2)
        if request.content_type == "multipart/form-data":
            _read_form(request)
        return view(request)

    return roomy


def _read_form(request: HttpRequest) -> None:
    """Read a form whose fields may be as large as a mail is.

    A whole mail within it is kept in its own bytes: as a field's text it would have to be UTF-8.
    Raises BadRequest for a form that is not whole, so that the service posts it again.
    """
    try:
        form = read_form(BytesIO(request.body), request.META["CONTENT_TYPE"])
    except NotWhole as error:
        raise BadRequest("This form is not whole.") from error
    for name in _WHOLE_MAIL & form.raw.keys():
        setattr(request, _RAW, form.raw[name])
    request._post, request._files = form.fields, form.files  # type: ignore[attr-defined]

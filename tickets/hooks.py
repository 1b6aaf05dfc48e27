"""Web-hooks by which mail services hand mail in; anymail checks who posts and reads their form."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from tickets.actions import keep_mail
from tickets.gateways.mail_services import VIEWS

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
            raw=event.message.as_bytes(),
            via=esp_name.lower(),
            recipient=event.message.envelope_recipient or "",
            now=timezone.now(),
        )


def _roomy(view: View) -> View:
    """Let a service post a mail with its files, which is more than a form of ours may hold."""

    @csrf_exempt
    def roomy(request: HttpRequest) -> HttpResponseBase:
        if request.content_type == "application/json" and not hasattr(request, "_body"):
            # What Django itself would set, without the limit for forms; base64 takes a third more.
            request._body = request.read(settings.INBOUND_MAIL_MAX_BYTES * 3 // 2)
        return view(request)

    return roomy

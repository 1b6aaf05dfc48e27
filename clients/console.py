"""What every console page stands on: who of the staff is signed in, and how refusals show."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import get_random_string

from clients.models import User
from clients.rules.roles import Role, may
from core.errors import InvalidInput, Refused

P = ParamSpec("P")
FORM_KEY = "form_key"
_SENT_FOR_SECONDS = 3600


@dataclass(frozen=True)
class Console:
    """The member of staff who looks at a page, and the instant they do."""

    user: User
    role: Role
    now: datetime

    def may(self, action: str) -> bool:
        """Tell whether to offer an action; the action itself checks again."""
        return may(self.role, action)


def console_page(
    action: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Console, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Open a console page to staff whose role may do ``action``; what is missing gives 404.

    A form sent a second time (a double click) does nothing and leads back to where it came from.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, Console, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User) or user.staff_role is None:
                raise PermissionDenied
            console = Console(user, user.staff_role, timezone.now())
            if not console.may(action):
                raise PermissionDenied
            with _sent_once(request, user) as is_first:
                if not is_first:
                    return redirect(request.get_full_path())
                try:
                    response = view(request, console, *args, **kwargs)
                except ObjectDoesNotExist:
                    raise Http404 from None
            add_never_cache_headers(response)
            return response

        return opened

    return decorate


def show(
    request: HttpRequest,
    console: Console,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a console page with what its frame and its forms need."""
    facts = {
        **admin.site.each_context(request),
        "console": console,
        "now": console.now,
        FORM_KEY: get_random_string(24),
        **context,
    }
    return render(request, template, facts, status=status)


def show_part(
    request: HttpRequest, console: Console, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Render a part of a console page, without its frame."""
    return render(request, template, {"console": console, "now": console.now, **context})


@contextmanager
def refusals_as_messages(request: HttpRequest) -> Iterator[None]:
    """Show a refusal as a message, for buttons that carry nothing typed."""
    try:
        yield
    except Refused as refusal:
        messages.error(request, refusal.message)


def whole(data: Mapping[str, str], field: str) -> int:
    """Read a whole number from a form. Raises InvalidInput for anything else."""
    text = data.get(field, "").strip().lstrip("#")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("Give a whole number.", field=field)
    return int(text)


def whole_or_none(data: Mapping[str, str], field: str) -> int | None:
    """Read a whole number that may be left out."""
    return whole(data, field) if data.get(field, "").strip() else None


@contextmanager
def _sent_once(request: HttpRequest, user: User) -> Iterator[bool]:
    """Tell whether this form is sent for the first time; a crash lets it be sent again."""
    key = request.POST.get(FORM_KEY, "")[:40] if request.method == "POST" else ""
    if not key:
        yield True
        return
    mark = f"console-form:{user.pk}:{key}"
    try:
        yield cache.add(mark, True, _SENT_FOR_SECONDS)
    except Exception:  # whatever happened, the same form may be tried again
        cache.delete(mark)
        raise

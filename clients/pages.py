"""What the pages of portal and console have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import get_random_string

from clients.models import User
from core.errors import Refused

FORM_KEY = "form_key"
_SENT_FOR_SECONDS = 3600

P = ParamSpec("P")
Viewer = TypeVar("Viewer")


def answer(
    view: Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase],
    request: HttpRequest,
    viewer: Viewer,
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> HttpResponseBase:
    """Let a view answer; what is missing or foreign gives 404, and no browser keeps a copy."""
    try:
        response = view(request, viewer, *args, **kwargs)
    except ObjectDoesNotExist:
        raise Http404 from None
    add_never_cache_headers(response)
    return response


@contextmanager
def refusals_as_messages(
    request: HttpRequest, *, but: tuple[type[Refused], ...] = ()
) -> Iterator[None]:
    """Show a refusal as a message, for buttons that carry nothing typed; ``but`` these go on."""
    try:
        yield
    except Refused as refusal:
        if isinstance(refusal, but):
            raise
        messages.error(request, refusal.message)


def new_form_key() -> str:
    """Make the mark by which ``sent_once`` knows a form again."""
    return get_random_string(24)


@contextmanager
def sent_once(request: HttpRequest, user: User) -> Iterator[bool]:
    """Tell whether this form is sent for the first time; a crash lets it be sent again."""
    key = request.POST.get(FORM_KEY, "")[:40] if request.method == "POST" else ""
    if not key:
        yield True
        return
    mark = f"form:{user.pk}:{key}"
    try:
        yield cache.add(mark, True, _SENT_FOR_SECONDS)
    except Exception:  # whatever happened, the same form may be tried again
        cache.delete(mark)
        raise


def number_in(text: str) -> int | None:
    """Read a whole number that a column holds; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

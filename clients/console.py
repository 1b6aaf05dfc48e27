"""What every console page stands on: who of the staff is signed in, and how refusals show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from clients.models import User
from clients.pages import FORM_KEY, answer, new_form_key, number_in, refusals_as_messages, sent_once
from clients.rules.roles import Role
from core.errors import InvalidInput

__all__ = [
    "FORM_KEY",
    "Console",
    "console_page",
    "offer_undo",
    "refusals_as_messages",
    "show",
    "show_part",
    "whole",
    "whole_or_none",
]

P = ParamSpec("P")
_UNDO = "console_undo"


@dataclass(frozen=True)
class Console:
    """The member of staff who looks at a page, and the instant they do."""

    user: User
    role: Role
    now: datetime

    def may(self, action: str) -> bool:
        """Tell whether to offer an action; the action itself checks again."""
        return self.user.has_right(action)


def console_page(
    action: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Console, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Open a console page to staff with the permission for ``action``; what is missing gives 404.

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
            with sent_once(request, user) as is_first:
                if not is_first:
                    return redirect(request.get_full_path())
                return answer(view, request, console, *args, **kwargs)

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
    undo = request.session.pop(_UNDO, None) if status == 200 else None
    facts = {
        **admin.site.each_context(request),
        "console": console,
        "now": console.now,
        "undo": undo,
        FORM_KEY: new_form_key(),
        **context,
    }
    return render(request, template, facts, status=status)


def offer_undo(request: HttpRequest, said: str, *, url: str, do: str) -> None:
    """Say on the next page what was done, with a button that takes it back by ``do`` at ``url``."""
    request.session[_UNDO] = {"said": said, "url": url, "do": do}


def show_part(
    request: HttpRequest, console: Console, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Render a part of a console page, without its frame."""
    return render(request, template, {"console": console, "now": console.now, **context})


def whole(data: Mapping[str, str], field: str) -> int:
    """Read a whole number from a form. Raises InvalidInput for anything else."""
    number = number_in(data.get(field, "").strip().lstrip("#"))
    if number is None:
        raise InvalidInput("Give a whole number.", field=field)
    return number


def whole_or_none(data: Mapping[str, str], field: str) -> int | None:
    """Read a whole number that may be left out."""
    return whole(data, field) if data.get(field, "").strip() else None

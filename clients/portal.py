"""What every portal page stands on: who is signed in, for which client, and how refusals show."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from clients import pages
from clients.models import Client, Member, User
from clients.queries import memberships_of
from clients.rules.roles import Role, may
from core.errors import LimitReached, NotAllowed, Refused
from core.limits import check_limit, client_address

SESSION_CLIENT = "portal_client"
_PAGES_OF_THEIR_OWN = (LimitReached, NotAllowed)

P = ParamSpec("P")


@dataclass(frozen=True)
class Portal:
    """The signed-in person, and the client whose pages are shown."""

    user: User
    memberships: list[Member]
    member: Member | None
    now: datetime

    @property
    def client(self) -> Client:
        """The client in view; only pages of a client ask for it."""
        assert self.member is not None
        return self.member.client

    @property
    def others(self) -> bool:
        """Tell whether there is another client to switch to."""
        return len(self.memberships) > 1

    @cached_property
    def role(self) -> Role:
        """What the person is to the client in view."""
        if self.user.staff_role is not None:
            return self.user.staff_role
        return Role(self.member.role) if self.member else Role.STRANGER

    def may(self, action: str) -> bool:
        """Tell whether to offer an action; the action itself checks again."""
        return self.member is not None and may(self.role, action)

    @property
    def may_report(self) -> bool:
        """Tell whether to offer the report form."""
        return self.may("report.file")

    def of_client(self, client_id: int) -> "Portal":
        """Give the portal as seen from one of the person's clients.

        Raises Member.DoesNotExist for any other: the portal is for members, also to staff.
        """
        member = next((m for m in self.memberships if m.client_id == client_id), None)
        if member is None:
            raise Member.DoesNotExist
        return Portal(self.user, self.memberships, member, self.now)


def account_page(
    view: Callable[Concatenate[HttpRequest, Portal, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Open a page to whoever is signed in; what is missing or foreign gives 404."""

    @wraps(view)
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _to_login(request)
        try:
            portal = _portal_of(request, request.user)
            response = pages.answer(view, request, portal, *args, **kwargs)
        except NotAllowed as refusal:
            raise PermissionDenied(refusal.message) from None
        except LimitReached as refusal:
            return too_many(request, refusal)
        patch_vary_headers(response, ["HX-Request"])
        return response

    return opened


def portal_page(
    view: Callable[Concatenate[HttpRequest, Portal, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Open a page to a client's members; everybody else starts at the portal's home."""

    @wraps(view)
    def opened(
        request: HttpRequest, portal: Portal, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if portal.member is None:
            return redirect("portal_home")
        return view(request, portal, *args, **kwargs)

    return account_page(opened)


def link_page(
    scope: str, *, most_an_hour: int, closed: str
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Open a page to whoever holds the token of a mailed link, without an account.

    The view gets request, token and now. It acts on a POST only, since mail scanners open links. A
    token that opens nothing, or whose holder may no longer act, gives the template ``closed``
    (404). One sender tries so many an hour.
    """

    def decorate(
        view: Callable[..., HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def opened(request: HttpRequest, token: str, **named: int) -> HttpResponseBase:
            now, sender = timezone.now(), client_address(request)
            try:
                check_limit(scope, sender, most=most_an_hour, seconds=3600, now=now)
                response = view(request, token, now, **named)
            except LimitReached as refusal:
                response = too_many(request, refusal)
            except (ObjectDoesNotExist, NotAllowed):
                response = render(request, closed, status=404)
            # Never the token in a Referer; with no-referrer browsers would send "Origin: null",
            # which the check against forged forms refuses.
            response.headers["Referrer-Policy"] = "strict-origin"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            add_never_cache_headers(response)
            return response

        return opened

    return decorate


def show(
    request: HttpRequest,
    portal: Portal,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a portal page with what its frame needs."""
    return render(
        request, template, {"portal": portal, "now": portal.now, **context}, status=status
    )


def number_of(text: str | None) -> int:
    """Read the number of a row from a form; whatever is none gives 0, which no row has."""
    return pages.number_in(text or "") or 0


def too_many(request: HttpRequest, refusal: LimitReached) -> HttpResponse:
    """Answer that a limit is reached, and when to come back."""
    response = render(request, "429.html", status=refusal.status)
    response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def add_refusal(form: forms.Form, refusal: Refused) -> None:
    """Show a refusal as an error of the form, beside the field at fault where it has one.

    What no change to the form would mend goes on as it is and becomes a page of its own.
    """
    if isinstance(refusal, _PAGES_OF_THEIR_OWN):
        raise refusal
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


def refusals_as_messages(request: HttpRequest) -> AbstractContextManager[None]:
    """Show a refusal as a message, for the buttons that have no form to show it on."""
    return pages.refusals_as_messages(request, but=_PAGES_OF_THEIR_OWN)


def _portal_of(request: HttpRequest, user: User) -> Portal:
    memberships = list(memberships_of(user))
    chosen = request.session.get(SESSION_CLIENT)
    first = memberships[0] if memberships else None
    member = next((m for m in memberships if m.client_id == chosen), first)
    return Portal(user, memberships, member, timezone.now())


def _to_login(request: HttpRequest) -> HttpResponseBase:
    response = redirect_to_login(request.get_full_path())
    if request.headers.get("HX-Request"):
        # A partial of the sign-in page would land in the middle of the page that asked.
        return HttpResponseClientRedirect(response.url)
    return response

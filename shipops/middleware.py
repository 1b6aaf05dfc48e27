import zoneinfo
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import resolve
from django.utils import timezone

from clients.models import User

View = Callable[[HttpRequest], HttpResponseBase]


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere, with the console's exceptions under its own prefix."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith(settings.CONSOLE_PREFIX) and not hasattr(
            response, "_csp_update"
        ):
            response._csp_update = settings.CONSOLE_CSP_UPDATE  # type: ignore[attr-defined]
        return super().process_response(request, response)


class ApiDirect:
    """Answer the API at once: it knows no session, no messages and no pages.

    What stands below in MIDDLEWARE would take as long as storing a report (benchmarks:
    report_accept).
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/v1/"):
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours
        match = resolve(request.path_info.removeprefix("/api"), "shipops.api_urls")
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response = response.render()
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        response.headers["Cache-Control"] = "no-store"
        return response


class StaffSecondFactor:
    """Keep staff without a second factor away from everything of clients (STAFF_SECOND_FACTOR).

    The portal's addresses count, too: staff may read every client's files there.
    """

    guarded = (settings.CONSOLE_PREFIX, "/portal/")

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            settings.STAFF_SECOND_FACTOR
            and request.path.startswith(self.guarded)
            and isinstance(request.user, User)
            and request.user.is_staff
            and not is_mfa_enabled(request.user)
        ):
            return redirect("mfa_index")
        return self.get_response(request)


class ViewerTimeZone:
    """Show times in the zone of whoever is signed in."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, User):
            with timezone.override(zoneinfo.ZoneInfo(request.user.time_zone)):
                return self.get_response(request)
        return self.get_response(request)

import zoneinfo
from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from clients.models import User
from core.api.json import check_length
from core.api.problems import BodyTooLarge, is_api, problem_page

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


class WholeBody:
    """Have the whole of a form before anything asks who sent it, and refuse one that is too large.

    A body may come slowly: who was let in before it would be believed to be let in after it. No
    form of ours is larger than ``most``; Django writes every file of a form to disk.
    """

    most = (
        settings.ATTACHMENT_MAX_COUNT * settings.ATTACHMENT_MAX_BYTES
        + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    )

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            check_length(request, self.most)
        except BodyTooLarge:
            if is_api(request):
                return problem_page(413)
            text = f"Together these files are larger than {self.most // (1024 * 1024)} MB."
            return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
        # A mail service's form is larger than ours, and is read by its own view (tickets.hooks).
        is_hook = request.path_info.startswith("/hooks/")
        if request.method == "POST" and not is_api(request) and not is_hook:
            try:
                _ = request.POST
            except UnreadablePostError:
                return HttpResponse(status=400)
        return self.get_response(request)


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

    The portal's addresses count, too: staff may read every client's files there. Having a second
    factor is not enough, it must have been given in this session: one that began before the factor
    was set up may be somebody else's.
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
        ):
            if not is_mfa_enabled(request.user):
                return redirect(f"{reverse('mfa_index')}?for=console")
            given = get_authentication_records(request, request.user)
            if all(record["method"] != "mfa" for record in given):
                return _ask_second_factor(request, request.user)
        return self.get_response(request)


def _ask_second_factor(request: HttpRequest, user: User) -> HttpResponseBase:
    methods = get_adapter(request).get_reauthentication_methods(user)
    page = next(m["url"] for m in methods if m["id"].startswith("mfa_reauthenticate"))
    return redirect(f"{page}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


class PrivatePages:
    """Let nobody keep a copy of what is shown to whoever is signed in."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(request.user, User) and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class ViewerTimeZone:
    """Show times in the zone of whoever is signed in."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, User):
            with timezone.override(zoneinfo.ZoneInfo(request.user.time_zone)):
                return self.get_response(request)
        return self.get_response(request)

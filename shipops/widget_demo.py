"""A page to try the widget on: only in development."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache

from clients.models import ApiKey, KeyKind
from clients.rules.origins import is_allowed


@never_cache
def widget_demo(request: HttpRequest) -> HttpResponse:
    """Show a small shop that carries the widget, by the newest key that works on this origin."""
    origin = f"{request.scheme}://{request.get_host()}"
    keys = ApiKey.objects.filter(kind=KeyKind.BROWSER, revoked_at=None, project__archived_at=None)
    found = [
        key for key in keys.select_related("project") if is_allowed(origin, key.allowed_origins)
    ]
    context = {
        "key": found[0] if found else None,
        "origin": origin,
        "lang": request.GET.get("lang", "en"),
    }
    return render(request, "shipops/widget_demo.html", context)


urlpatterns = [path("", widget_demo, name="widget_demo")]

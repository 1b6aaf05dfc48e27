from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from shipops.health import healthz
from tickets.hooks import hook_urls

handler400 = "shipops.errors.bad_request"
handler403 = "shipops.errors.permission_denied"
handler404 = "shipops.errors.page_not_found"
handler500 = "shipops.errors.server_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("console/", admin.site.urls),
    path("account/", include("allauth.urls")),
    path("api/", include("shipops.api_urls")),
    path("hooks/mail/", include(hook_urls())),
    path("", include("shipops.page_urls")),
    path("", include("clients.urls")),
    path("", include("tickets.urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("outbox/", include("shipops.outbox")))
    urlpatterns.append(path("widget-demo/", include("shipops.widget_demo")))

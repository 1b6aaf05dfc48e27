"""The floor: a bare Django view that validates the same JSON and inserts one row.

Frozen: every later figure is compared with this same view. No middleware, no framework above
Django; the same server, the same database server and the same durability as the product.
"""

import json
import os

import dj_database_url
import django
from django.conf import settings
from django.core.validators import validate_email
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY="floor",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    USE_TZ=True,
    DATABASES={"default": dj_database_url.parse(os.environ["FLOOR_DATABASE_URL"], conn_max_age=60)},
)
django.setup()


class Row(models.Model):
    """The one row."""

    text = models.TextField()
    page_url = models.CharField(max_length=2000)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return str(self.pk)


def accept(request: HttpRequest) -> JsonResponse:
    """Validate and insert."""
    body = json.loads(request.body)
    text, page, reporter = body["text"], body.get("page_url", ""), body.get("reporter", {})
    if not (isinstance(text, str) and 0 < len(text) <= 50_000):
        return JsonResponse({"text": "required"}, status=400)
    if not (isinstance(page, str) and len(page) <= 2000):
        return JsonResponse({"page_url": "too long"}, status=400)
    validate_email(reporter["email"])
    row = Row._default_manager.create(
        text=text, page_url=page, email=reporter["email"], name=str(reporter.get("name", ""))
    )
    return JsonResponse({"number": row.pk}, status=201)


def create_table() -> None:
    """Make the view's table anew."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS floor_row")
    with connection.schema_editor() as editor:
        editor.create_model(Row)


urlpatterns = [path("floor", accept)]
application = get_wsgi_application()

if __name__ == "__main__":
    create_table()

"""The floor for reports with a picture: a bare Django view that stores the same bytes.

Frozen, as the floor for JSON is: no middleware, the file into Django's storage, and one row.
"""

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
    MEDIA_ROOT=os.environ["FLOOR_MEDIA"],
    DATABASES={"default": dj_database_url.parse(os.environ["FLOOR_DATABASE_URL"], conn_max_age=60)},
)
django.setup()


class FileRow(models.Model):
    """The one row."""

    text = models.TextField()
    page = models.CharField(max_length=2000)
    email = models.EmailField()
    context = models.TextField()
    file = models.FileField(upload_to="%Y/%m")
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return str(self.pk)


def accept(request: HttpRequest) -> JsonResponse:
    """Validate, store the file and insert."""
    text, page, email = (request.POST.get(name, "") for name in ("text", "page", "email"))
    if not 0 < len(text) <= 50_000 or len(page) > 2000:
        return JsonResponse({"text": "required"}, status=400)
    validate_email(email)
    row = FileRow._default_manager.create(
        text=text,
        page=page,
        email=email,
        context=request.POST.get("context", ""),
        file=request.FILES["files"],
    )
    return JsonResponse({"number": row.pk}, status=201)


def ready(request: HttpRequest) -> JsonResponse:
    """Say that the server is there."""
    return JsonResponse({})


def create_table() -> None:
    """Make the view's table anew."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS floor_filerow")
    with connection.schema_editor() as editor:
        editor.create_model(FileRow)


urlpatterns = [path("floor", accept), path("ready", ready)]
application = get_wsgi_application()

if __name__ == "__main__":
    create_table()

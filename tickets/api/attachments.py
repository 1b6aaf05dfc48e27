from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clients.api.base import WRITE, KeyView
from core.api.forms import FormParser
from core.api.idempotency import REPLAYED, source_key_of
from core.api.json import check_length
from core.api.schema import ERRORS, IDEMPOTENCY_KEY, KEY_REUSED
from core.errors import InvalidInput
from tickets.actions import upload_attachment
from tickets.api.shapes import FileShape, UploadInput

MOST_AROUND_FILE = 64 * 1024


class AttachmentsView(KeyView):
    """Files to be tied to a report or comment."""

    parser_classes = (FormParser,)
    scopes = {"POST": WRITE}

    def read_body(self, request: Request) -> None:
        """Read no further than a file may be long."""
        check_length(request, settings.ATTACHMENT_MAX_BYTES + MOST_AROUND_FILE)
        super().read_body(request)

    @extend_schema(
        operation_id="upload_attachment",
        summary="Send a file",
        description=(
            "One file as `file`. Name its id in a report or comment within a day, with the same "
            "key; after that it is dropped. Its type is judged by its content, and images are "
            "made anew, without EXIF. Send an Idempotency-Key, so that a repeated request stores "
            "nothing twice."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": UploadInput},
        responses={201: OpenApiResponse(FileShape, "Stored."), **ERRORS, **KEY_REUSED},
    )
    def post(self, request: Request) -> Response:
        source_key, now = source_key_of(request._request, owner=self.key.pk), timezone.now()
        sent = request.FILES.getlist("file")
        if len(sent) != 1:
            raise InvalidInput("Send one file.", field="file")
        try:
            stored = upload_attachment(
                name=sent[0].name or "file",
                data=sent[0].read(),
                actor=self.key,
                now=now,
                source_key=source_key,
            )
        except InvalidInput as refusal:
            raise InvalidInput(refusal.message, field="file") from None
        replayed = stored.uploaded_at != now
        return Response(FileShape(stored).data, status=201, headers=REPLAYED if replayed else None)

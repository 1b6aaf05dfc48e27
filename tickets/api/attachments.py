from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from clients.api.base import WRITE, KeyView
from core.api.json import check_length
from core.api.schema import ERRORS
from core.errors import InvalidInput
from tickets.actions import upload_attachment
from tickets.api.shapes import FileShape, UploadInput

MOST_AROUND_FILE = 64 * 1024


class AttachmentsView(KeyView):
    """Files to be tied to a report or comment."""

    parser_classes = (MultiPartParser,)
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="upload_attachment",
        summary="Send a file",
        description=(
            "One file as `file`. Name its id in a report or comment within a day, with the same "
            "key; after that it is dropped. Its type is judged by its content, and images are "
            "made anew, without EXIF."
        ),
        request={"multipart/form-data": UploadInput},
        responses={201: OpenApiResponse(FileShape, "Stored."), **ERRORS},
    )
    def post(self, request: Request) -> Response:
        check_length(request, settings.ATTACHMENT_MAX_BYTES + MOST_AROUND_FILE)
        sent = request.FILES.getlist("file")
        if len(sent) != 1:
            raise InvalidInput("Send one file.", field="file")
        try:
            stored = upload_attachment(
                name=sent[0].name or "file",
                data=sent[0].read(),
                actor=self.key,
                now=timezone.now(),
            )
        except InvalidInput as refusal:
            raise InvalidInput(refusal.message, field="file") from None
        return Response(FileShape(stored).data, status=201)

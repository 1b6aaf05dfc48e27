from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clients.api.base import READ, WRITE, KeyView
from core.api.idempotency import REPLAYED, source_key_of
from core.api.pages import PARAMETERS, page_of, page_schema
from core.api.schema import ERRORS, IDEMPOTENCY_KEY, KEY_REUSED, READ_ERRORS, Answers
from tickets.actions import reply_to_report, reply_to_ticket
from tickets.api.shapes import CommentInput, CommentShape
from tickets.models import Comment
from tickets.queries import get_report_for, get_ticket_for, public_comments

_PAGE = page_schema(CommentShape, "CommentPage")
_READ: Answers = {200: _PAGE, **READ_ERRORS}
_WRITTEN: Answers = {201: OpenApiResponse(CommentShape, "Said."), **ERRORS, **KEY_REUSED}


class ReportCommentsView(KeyView):
    """What was said about a report."""

    scopes = {"GET": READ, "POST": WRITE}

    @extend_schema(
        operation_id="list_report_comments",
        summary="Read a report's conversation",
        description="Public comments on the report and its ticket, oldest first.",
        parameters=PARAMETERS,
        responses=_READ,
    )
    def get(self, request: Request, number: int) -> Response:
        rows = public_comments(self.key, get_report_for(self.key, number))
        return Response(page_of(request, rows, CommentShape, key="pk"))

    @extend_schema(
        operation_id="comment_on_report",
        summary="Comment on a report",
        description="Once the report has a ticket, the comment goes there.",
        parameters=[IDEMPOTENCY_KEY],
        request=CommentInput,
        responses=_WRITTEN,
    )
    def post(self, request: Request, number: int) -> Response:
        report = get_report_for(self.key, number)
        terms = _terms(self, request)
        return _answer(reply_to_report(report_id=report.pk, **terms), terms)


class TicketCommentsView(KeyView):
    """What was said on a ticket."""

    scopes = {"GET": READ, "POST": WRITE}

    @extend_schema(
        operation_id="list_ticket_comments",
        summary="Read a ticket's conversation",
        description="Public comments on the ticket and its reports, oldest first.",
        parameters=PARAMETERS,
        responses=_READ,
    )
    def get(self, request: Request, number: int) -> Response:
        rows = public_comments(self.key, get_ticket_for(self.key, number))
        return Response(page_of(request, rows, CommentShape, key="pk"))

    @extend_schema(
        operation_id="comment_on_ticket",
        summary="Comment on a ticket",
        parameters=[IDEMPOTENCY_KEY],
        request=CommentInput,
        responses=_WRITTEN,
    )
    def post(self, request: Request, number: int) -> Response:
        ticket = get_ticket_for(self.key, number)
        terms = _terms(self, request)
        return _answer(reply_to_ticket(ticket_id=ticket.pk, **terms), terms)


def _terms(view: KeyView, request: Request) -> dict[str, Any]:
    """Read the comment and make the arguments of the action."""
    source_key = source_key_of(request._request, owner=view.key.pk)
    shape = CommentInput(data=request.data)
    shape.is_valid(raise_exception=True)
    return {
        "body": shape.validated_data["body"],
        "attachment_ids": shape.validated_data["attachments"],
        "source_key": source_key,
        "actor": view.key,
        "now": timezone.now(),
    }


def _answer(comment: Comment, terms: dict[str, Any]) -> Response:
    replayed = comment.created_at != terms["now"]
    return Response(CommentShape(comment).data, status=201, headers=REPLAYED if replayed else None)

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clients.actions import KeyChanged
from clients.api.base import READ, WRITE, KeyView
from core.api.idempotency import REPLAYED, source_key_of
from core.api.json import json_answer
from core.api.pages import PARAMETERS, page_of, page_schema
from core.api.schema import ERRORS, IDEMPOTENCY_KEY, KEY_REUSED, READ_ERRORS
from tickets.actions import Sender, receive_report
from tickets.api.shapes import ReceiptShape, ReportInput, ReportShape, api_url, portal_url
from tickets.models import Report, SignalKind, Source
from tickets.queries import get_report_for, promised_on_arrival, reports_for
from tickets.rules.states import ReportState

# Made once: a serializer copies all its fields whenever it is made, which costs more than checking.
_INPUT = ReportInput()


class ReportsView(KeyView):
    """A project's reports."""

    scopes = {"GET": READ, "POST": WRITE}
    proved_in_passing = frozenset({"POST"})

    @extend_schema(
        operation_id="list_reports",
        summary="List reports",
        description="The project's reports from every source, newest first.",
        parameters=PARAMETERS,
        responses={200: page_schema(ReportShape, "ReportPage"), **READ_ERRORS},
    )
    def get(self, request: Request) -> Response:
        rows = reports_for(self.key).select_related("details")
        rows = rows.prefetch_related("signals", "attachments")
        return Response(page_of(request, rows, ReportShape, key="-pk"))

    @extend_schema(
        operation_id="create_report",
        summary="File a report",
        description=(
            "Stores the report before answering, and has it triaged. Send an Idempotency-Key, so "
            "that a repeated request files nothing twice."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=ReportInput,
        responses={
            201: OpenApiResponse(ReceiptShape, "Stored. It will be triaged."),
            **ERRORS,
            **KEY_REUSED,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        source_key = source_key_of(request._request, owner=self.key.pk)
        sent = _INPUT.run_validation(request.data)
        try:
            report, is_new = self._receive(sent, source_key)
        except KeyChanged:
            self.prove_key()
            report, is_new = self._receive(sent, source_key)
        headers = None if is_new else REPLAYED
        return json_answer(_receipt(report, is_new), status=201, headers=headers)

    def _receive(self, sent: dict[str, Any], source_key: str) -> tuple[Report, bool]:
        return receive_report(
            project_id=self.key.project_id,
            source=Source.API,
            text=sent["text"],
            title=sent["title"],
            page_url=sent["page_url"],
            user_agent=sent["user_agent"],
            device=sent["device"],
            sender=Sender(**sent["reporter"]),
            signals=_signals(sent),
            attachment_ids=sent["attachments"],
            claimed_severity=sent["severity"],
            answers=sent["answers"],
            form_version=sent["answers_version"],
            source_key=source_key,
            actor=self.key,
            now=timezone.now(),
        )


class ReportView(KeyView):
    """One report."""

    scopes = {"GET": READ}

    @extend_schema(
        operation_id="get_report",
        summary="Read a report",
        responses={200: ReportShape, **READ_ERRORS},
    )
    def get(self, request: Request, number: int) -> Response:
        return Response(ReportShape(get_report_for(self.key, number)).data)


def _signals(sent: dict[str, Any]) -> list[tuple[str, str]]:
    signals = [(signal["kind"], signal["value"]) for signal in sent["signals"]]
    if sent["release"]:
        signals.append((SignalKind.RELEASE, sent["release"]))
    return signals


def _receipt(report: Report, is_new: bool) -> dict[str, Any]:
    """Give the first answer, also to a repeated request: as it stood on arrival."""
    promise = report.respond_by_at if is_new else promised_on_arrival(report)
    return {
        "number": report.number,
        "state": ReportState.RECEIVED.value,
        "received_at": _iso(report.received_at),
        "respond_by_at": _iso(promise) if promise else None,
        "url": api_url(f"reports/{report.number}"),
        "portal_url": portal_url(f"reports/{report.number}"),
    }


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")

"""What the widget on a client's pages asks and sends."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clients.actions import KeyChanged
from clients.api.base import WRITE
from clients.api.browser import BrowserKeyView, most_bytes
from clients.queries import schema_for
from core.api.forms import FormParser
from core.api.idempotency import REPLAYED
from core.api.json import check_length, json_answer
from core.errors import InvalidInput
from core.limits import Allowance, client_address
from core.proofs import check_proof, new_challenge
from core.text import clean_text
from tickets.actions import MOST_FILES, Submission, read_object, submit_from_page
from tickets.queries import promised_on_arrival
from tickets.queries.public_titles import known_problems
from tickets.widget import texts_in

MOST_TYPED = 300
_HOUR = 3600
_OF_ADDRESS = Allowance("widget.address", seconds=_HOUR)
_OF_KEY = Allowance("widget.key", seconds=_HOUR)
_OF_PROJECT = Allowance("widget.project", seconds=_HOUR)
_VISIBLE = re.compile(r"[\x21-\x7e]{16,100}")


class WidgetConfigView(BrowserKeyView):
    """What the widget needs before it opens."""

    scopes = {"GET": WRITE}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Give the project's own questions, and the challenge for the next report."""
        bits = settings.WIDGET_PROOF_BITS
        return Response(
            {
                "texts": texts_in(str(request.query_params.get("language", ""))),
                "form": schema_for(self.key.project_id),
                "suggestions": self.key.shows_suggestions,
                "challenge": new_challenge(str(self.key.pk), bits=bits, now=timezone.now()),
                "bits": bits,
                "most_files": MOST_FILES,
                "most_bytes": settings.ATTACHMENT_MAX_BYTES,
            }
        )


class WidgetSuggestionsView(BrowserKeyView):
    """Known problems like what is being typed."""

    scopes = {"GET": WRITE}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Give titles that staff wrote for the public."""
        typed = clean_text(str(request.query_params.get("q", "")))[:MOST_TYPED]
        return Response({"results": known_problems(self.key, typed, now=timezone.now())})


class WidgetReportsView(BrowserKeyView):
    """Reports from pages."""

    parser_classes = (FormParser,)
    scopes = {"POST": WRITE}
    proved_in_passing = frozenset({"POST"})

    @extend_schema(exclude=True)
    def post(self, request: Request) -> HttpResponse:
        """Store a report with its files; the same idempotency key again gives the first answer."""
        check_length(request, most_bytes())
        now, form = timezone.now(), request.POST
        idempotency_key = form.get("idempotency_key", "")
        if not _VISIBLE.fullmatch(idempotency_key):
            raise InvalidInput("Send 16 to 100 visible ASCII characters.", field="idempotency_key")
        if form.get("website"):
            raise InvalidInput("Leave this field empty.", field="website")
        check_proof(
            form.get("challenge", ""),
            idempotency_key,
            form.get("proof", ""),
            about=str(self.key.pk),
            now=now,
        )
        self._count(request, now)
        sent, source_key = _read(request), f"{self.key.pk}:{idempotency_key}"
        try:
            accepted = submit_from_page(key=self.key, sent=sent, source_key=source_key, now=now)
        except KeyChanged:
            self.prove_key()
            accepted = submit_from_page(key=self.key, sent=sent, source_key=source_key, now=now)
        report = accepted.report
        promise = report.respond_by_at if accepted.is_new else promised_on_arrival(report)
        answer = {
            "number": report.number,
            "received_at": report.received_at.isoformat(),
            "respond_by_at": promise.isoformat() if promise else None,
            "status_url": accepted.address,
        }
        return json_answer(answer, status=201, headers=None if accepted.is_new else REPLAYED)

    def _count(self, request: Request, now: Any) -> None:
        who = f"{self.key.project_id} {client_address(request._request)}"
        _OF_ADDRESS.spend(who, most=settings.WIDGET_REPORTS_PER_ADDRESS, now=now)
        most = settings.WIDGET_REPORTS_PER_PROJECT
        _OF_PROJECT.spend(str(self.key.project_id), most=most, now=now)
        _OF_KEY.spend(str(self.key.pk), most=settings.WIDGET_REPORTS_PER_KEY, now=now)


def _read(request: Request) -> Submission:
    """Translate the form; raises InvalidInput for what has no such shape."""
    form, files = request.POST, request.FILES.getlist("files")
    if len(files) > MOST_FILES:
        raise InvalidInput(f"At most {MOST_FILES} files, please.", field="files")
    version = form.get("answers_version", "")
    if version and not (version.isascii() and version.isdigit() and len(version) < 10):
        raise InvalidInput("This is no version.", field="answers_version")
    asked = "answers" in form
    context = read_object(form.get("context", ""), name="context")
    return Submission(
        text=form.get("text", ""),
        email=form.get("email", ""),
        page=form.get("page", ""),
        # As it was then: the report may have waited for a connection, and the browser been renewed.
        browser=str(context.get("browser") or request.META.get("HTTP_USER_AGENT", "")),
        release=form.get("release", ""),
        trace=form.get("trace", ""),
        context=context,
        answers=read_object(form["answers"], name="answers") if asked else None,
        form_version=int(version) if version else None,
        user=read_object(form.get("user", ""), name="user"),
        signature=form.get("signature", ""),
        files=[(each.name or "file", each.read()) for each in files],
    )

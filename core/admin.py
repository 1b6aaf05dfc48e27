"""What the console's lists share, and the outbox."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from core.actions import RETRY, retry_message
from core.errors import NotAllowed, Refused
from core.models import OutboxMessage

Page = tuple[str, Callable[..., HttpResponseBase], str]
COUNT_CAP = 1000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages over the first thousand rows, so that a list costs the same at any size."""

    @cached_property
    def count(self) -> int:
        """Count the rows, but no further than the cap."""
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:COUNT_CAP].count())


class ReadOnlyAdmin(ModelAdmin):
    """A list to search. Nothing is added, changed or deleted here: actions write."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    actions = None
    list_filter_submit = False
    page_title = ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own name. A filter by what no column can hold is refused."""
        if any("\x00" in value for _, values in request.GET.lists() for value in values):
            raise BadRequest
        context = {"title": self.page_title, "is_fullwidth": "1", **(extra_context or {})}
        shown: HttpResponse = super().changelist_view(request, context)
        return shown

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def outbox(request: HttpRequest) -> HttpResponse:
    """Show what left, what waits and what was given up; send a given-up message once more."""
    if request.method == "POST":
        return _retry(request)
    state = request.GET.get("state", "")
    rows = OutboxMessage.objects.order_by("-created_at")
    if state in OutboxMessage.State.values:
        rows = rows.filter(state=state)
    context = {
        **admin.site.each_context(request),
        "title": "Outbox",
        "now": timezone.now(),
        "rows": list(rows[:100]),
        "state": state,
        "states": OutboxMessage.State.choices,
        "may_retry": request.user.has_perm(RETRY),
    }
    return render(request, "console/outbox.html", context)


def _retry(request: HttpRequest) -> HttpResponse:
    given = request.POST.get("message", "")
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    assert isinstance(request.user, PermissionsMixin)
    try:
        retry_message(message_id=wanted, actor=request.user, now=timezone.now())
    except NotAllowed as refusal:
        raise PermissionDenied(refusal.message) from None
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "It is sent once more.")
    return redirect(request.get_full_path())


PAGES: list[Page] = [("outbox/", outbox, "core_outbox")]

"""The mail that came in: what became of each, and what waits for somebody's word."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from clients.console import Console, console_page, refusals_as_messages, show, whole
from tickets.actions import approve_mail, dismiss_mail, file_mail, retry_mail
from tickets.models import InboundMail
from tickets.queries.mail import PAGE, mails_in

_ACTIONS = {
    "approve": (approve_mail, "Posted what they wrote."),
    "dismiss": (dismiss_mail, "Dismissed. The note stays."),
    "file": (file_mail, "Filed as a report."),
    "retry": (retry_mail, "It is read once more."),
}


@console_page("report.triage")
def mail_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List what came in, newest first; approve, dismiss, file or read again."""
    state = request.GET.get("state", "")
    if request.method == "POST" and (chosen := _ACTIONS.get(request.POST.get("do", ""))):
        action, done = chosen
        with refusals_as_messages(request):
            action(mail_id=whole(request.POST, "mail"), actor=console.user, now=console.now)
            messages.success(request, done)
        return redirect(request.get_full_path())
    before = request.GET.get("before", "")
    mails = mails_in(state)
    if before.isascii() and before.isdigit() and len(before) < 19:
        mails = mails.filter(pk__lt=int(before))
    shown = list(mails[: PAGE + 1])
    context = {
        "title": "Mail in",
        "mails": shown[:PAGE],
        "before": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "state": state,
        "states": InboundMail.State.choices,
        "held": InboundMail.objects.filter(state=InboundMail.State.HELD).count(),
    }
    return show(request, console, "console/mail.html", context)


@console_page("report.triage")
def raw_mail(request: HttpRequest, console: Console, pk: int) -> HttpResponseBase:
    """Give a mail exactly as it came, to be saved and not to be shown."""
    mail = get_object_or_404(InboundMail, pk=pk)
    answer = HttpResponse(bytes(mail.raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="mail-{mail.pk}.eml"'
    return answer

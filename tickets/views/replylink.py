from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from clients.portal import add_refusal, link_page
from core.errors import Refused
from core.text import render_markdown
from tickets.actions import answer_by_link
from tickets.forms import AnswerForm
from tickets.queries import find_reply_link

OPENED_AN_HOUR = 120


@link_page("reply_link", most_an_hour=OPENED_AN_HOUR, closed="portal/reply_link_closed.html")
def reply_link(request: HttpRequest, token: str, now: datetime) -> HttpResponseBase:
    """Show what we wrote, and take one answer to it."""
    link = find_reply_link(token, now=now)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            answer_by_link(token=token, body=form.cleaned_data["body"], now=now)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            return render(request, "portal/reply_link_done.html", {"link": link})
    context = {"link": link, "said": render_markdown(link.comment.body), "form": form}
    return render(request, "portal/reply_link.html", context, status=422 if form.errors else 200)

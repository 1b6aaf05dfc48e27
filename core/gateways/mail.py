from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from core.mail_addresses import reply_address
from core.models import OutboxMessage
from core.text import render_markdown, render_plain
from core.tokens import fill_placeholders

# A header that does not leave: which thread an answer to the mail belongs to.
THREAD = "Thread"


def send_mail(message: OutboxMessage) -> None:
    """Hand one stored mail to the mail server, as plain text and HTML.

    The Message-ID is made from the row, so that a repeated delivery can be recognised.
    """
    domain = settings.SITE_URL.split("//", 1)[1].split(":")[0]
    headers = dict(message.headers)
    thread = headers.pop(THREAD, "")
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=fill_placeholders(message.whole_text),
        to=[message.recipient],
        headers={
            "Message-ID": f"<outbox-{message.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
            **headers,
        },
        # It carries a token, so that it stands in no stored message.
        reply_to=list(filter(None, [reply_address(int(thread)) if thread else ""])),
    )
    html = render_markdown(fill_placeholders(message.text))
    html += render_plain(fill_placeholders(message.notice), ours=settings.SITE_URL)
    mail.attach_alternative(html, "text/html")
    mail.send()

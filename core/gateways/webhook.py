import httpx
from django.conf import settings

from core.models import OutboxMessage


class WebhookFailed(Exception):
    """The web-hook did not take the post. The text never names the address: it is a secret."""


def post_alert(message: OutboxMessage) -> None:
    """Post the message in the form Slack and its look-alikes take (`{"text": …}`).

    Its three control characters are escaped (Slack: Formatting text for app surfaces, Escaping
    text), so that nothing a reporter wrote mentions a whole channel or hides a link.
    """
    text = f"*{message.subject}*\n{message.text}"
    body = {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    try:
        answer = httpx.post(settings.ALERT_WEBHOOK_URL, json=body, timeout=10)
    except httpx.HTTPError as error:
        raise WebhookFailed(type(error).__name__) from None
    if answer.status_code >= 300:
        raise WebhookFailed(f"HTTP {answer.status_code}")

from datetime import datetime

from django.db.models import QuerySet

from clients.models import User
from clients.queries import staff
from tickets.models import Alert


def now_on_call(now: datetime) -> QuerySet[User]:
    """List the engineers whose shift it is."""
    return staff().filter(shifts__starts_at__lte=now, shifts__ends_at__gt=now)


def open_alerts() -> QuerySet[Alert]:
    """List the alerts nobody has acknowledged, oldest first."""
    return (
        Alert.objects.filter(acknowledged_at=None)
        .select_related("report__project", "client")
        .order_by("raised_at", "pk")
    )

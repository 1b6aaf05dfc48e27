from datetime import datetime

from django.db.models import QuerySet

from clients.models import User
from tickets.models import Alert


def now_on_call(now: datetime) -> QuerySet[User]:
    """List the engineers whose shift it is."""
    return User.objects.filter(
        is_active=True, shifts__starts_at__lte=now, shifts__ends_at__gt=now
    ).distinct()


def open_alerts() -> QuerySet[Alert]:
    """List the alerts nobody has acknowledged, oldest first."""
    return (
        Alert.objects.filter(acknowledged_at=None)
        .select_related("report__project", "client")
        .order_by("raised_at")
    )

"""The words that rules, models and pages share: kind, severity and priority."""

from __future__ import annotations

from django.db.models import TextChoices


class Kind(TextChoices):
    """What sort of work a report or ticket is."""

    BUG = "bug", "Bug"
    OUTAGE = "outage", "Outage"
    DATA_LOSS = "data_loss", "Data loss"
    SECURITY = "security", "Security"
    PAYMENT = "payment", "Payment"
    PERFORMANCE = "performance", "Performance"
    POLISH = "polish", "Polish"
    API_UPDATE = "api_update", "API update"
    QUESTION = "question", "Question"
    WISH = "wish", "Wish"
    SPAM = "spam", "Spam"


class Severity(TextChoices):
    """How much harm is done, confirmed by staff."""

    S1 = "S1", "S1: down, data lost or exposed"
    S2 = "S2", "S2: a core function is broken"
    S3 = "S3", "S3: partly broken or slow"
    S4 = "S4", "S4: cosmetic, wish or question"


class Stop(TextChoices):
    """Why a ticket and its due time stand still."""

    WAITING = "waiting", "we wait for you"
    PAUSED = "paused", "your plan is paused"
    INACTIVE = "inactive", "your plan is not active"


class Unpromised(TextChoices):
    """Why a ticket of the backlog has no due time."""

    SLOTS = "beyond_slots", "beyond your plan's slots"
    CAPACITY = "engineers_full", "our engineers are full until then"


class Priority(TextChoices):
    """Where a ticket stands in the queue, from severity and reach."""

    P1 = "P1", "P1: now"
    P2 = "P2", "P2: next"
    P3 = "P3", "P3: soon"
    P4 = "P4", "P4: later"

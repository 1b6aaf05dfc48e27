from django.db import models
from django.db.models import F, Q


class Homed(models.Model):
    """A row of a ticket that goes along when the ticket is merged, and comes back.

    ``ticket`` is where it stands now. ``home`` is the ticket it was written on, while it stands
    elsewhere: nothing else is needed to take merges back, in any order.
    """

    home = models.ForeignKey(
        "tickets.Ticket",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["home"], name="%(class)s_home", condition=Q(home__isnull=False))
        ]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_home_elsewhere",
                condition=Q(home__isnull=True) | (Q(ticket__isnull=False) & ~Q(home=F("ticket"))),
            )
        ]

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q

from clients.models import Client
from tickets.models.reports import Report
from tickets.models.tickets import Ticket


class SearchDocument(models.Model):
    """What a ticket, or a report without one, is found by; made from its rows, and from them again.

    The vector has the title with weight A, reports and their signals B, public replies C and notes
    of staff D, and lexemes of our own that begin with "~" and that no text makes: the client, the
    project, its pages, and two ranges of numbers in which it lies.
    """

    # The public number, which a ticket takes over from the report it came of.
    number = models.BigIntegerField(primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+", db_index=False)
    ticket = models.OneToOneField(
        Ticket, null=True, on_delete=models.CASCADE, related_name="document"
    )
    report = models.OneToOneField(
        Report, null=True, on_delete=models.CASCADE, related_name="document"
    )
    vector = SearchVectorField()

    class Meta:
        indexes = [
            # Without a list of what is still to be put in, which every search would have to read.
            GinIndex(fields=["vector"], fastupdate=False, name="search_document_vector")
        ]
        constraints = [
            models.CheckConstraint(
                name="search_document_of_one",
                condition=Q(ticket__isnull=False, report__isnull=True)
                | Q(ticket__isnull=True, report__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class UnlearnedDocument(models.Model):
    """A document whose words the vocabulary does not have yet."""

    number = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"#{self.number}"


class SearchWord(models.Model):
    """A word of a client's public texts, and in how many documents it stands.

    Without a client, a word of anybody's: those only staff are ever shown.
    """

    client = models.ForeignKey(
        Client, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    word = models.TextField()
    documents = models.PositiveIntegerField()

    class Meta:
        indexes = [
            GinIndex(
                OpClass(F("word"), name="gin_trgm_ops"),
                name="search_word_trigram",
                condition=Q(client__isnull=True),
            ),
        ]
        constraints = [
            # By this operator class the index also finds what begins with some letters.
            models.UniqueConstraint(
                F("client"),
                OpClass(F("word"), name="text_pattern_ops"),
                name="search_word_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.word


class SavedView(models.Model):
    """A query somebody keeps under a name: of a client's portal, or of the console without one.

    Shared, it is seen by the client's team, or by all of the staff.
    """

    client = models.ForeignKey(
        Client, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="saved_views",
        db_index=False,
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=200)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["client", "name"], name="saved_view_of_client"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "client", "name"],
                name="saved_view_name_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name

"""What duplicates are found by: made from reports' texts, and made anew from them at any time."""

from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tickets.models.reports import Report

MEANING_DIMENSIONS: Final = 384

if TYPE_CHECKING:
    _Field = models.BinaryField[Any, Any]
else:
    _Field = models.BinaryField


class MeaningField(_Field):
    """A vector: pgvector's where the server has it as the column is made, else its bytes."""

    def db_type(self, connection: Any) -> str:
        """Give the type of the column."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regtype('halfvec') IS NOT NULL")
            (has_vectors,) = cursor.fetchone()
        return f"halfvec({MEANING_DIMENSIONS})" if has_vectors else "bytea"


class ReportWords(models.Model):
    """The terms of a report, stemmed and joined by blanks, and its signals; personal text."""

    report = models.OneToOneField(
        Report, primary_key=True, on_delete=models.CASCADE, related_name="words"
    )
    heading = models.TextField()
    title_terms = models.TextField()
    body_terms = models.TextField()
    facts = ArrayField(models.TextField(), default=list)
    version = models.PositiveSmallIntegerField()
    # Whether the client's frequencies have it; a sweep counts, for the rows of common terms are
    # wanted by every report.
    is_counted = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["report"], name="report_words_uncounted", condition=Q(is_counted=False)
            ),
        ]

    def __str__(self) -> str:
        return self.heading


class Posting(models.Model):
    """That a report of a client has a term among those it is found by."""

    # The newest reports with a term are read from this index alone; rows are without foreign keys
    # because there are two dozen for each report, which never leaves its client.
    pk = models.CompositePrimaryKey("client_id", "term", "report_id")
    client_id = models.BigIntegerField()
    term = models.TextField(db_collation="C")
    report_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.term}: #{self.report_id}"


class TermCount(models.Model):
    """In how many of a client's reports a term occurs; the term "" counts the reports."""

    pk = models.CompositePrimaryKey("client_id", "term")
    client_id = models.BigIntegerField()
    term = models.TextField(db_collation="C")
    reports = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.term}: {self.reports}"


class ReportMeaning(models.Model):
    """What a report's text means, as a vector, where SEMANTIC_DUPLICATES is on; personal, too.

    Written and compared by statements, for what they are depends on the type of the column.
    """

    report = models.OneToOneField(
        Report, primary_key=True, on_delete=models.CASCADE, related_name="meaning"
    )
    vector = MeaningField()

    def __str__(self) -> str:
        return f"#{self.report_id}"

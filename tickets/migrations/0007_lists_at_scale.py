from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    # Reports come in while the indexes are built.
    atomic = False

    dependencies = [("tickets", "0006_reply_link")]

    operations = [
        AddIndexConcurrently(
            model_name="report",
            index=GinIndex(
                OpClass(Upper("title"), name="gin_trgm_ops"), name="report_title_trigram"
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                models.F("client"),
                models.Case(
                    models.When(state="waiting", then=0),
                    models.When(priority="P1", then=1),
                    default=2,
                ),
                models.F("number").desc(),
                name="client_pressing",
                condition=models.Q(state__in=["queued", "in_progress", "waiting", "in_review"]),
            ),
        ),
        # Without figures of the new expression the planner reads a sixth of a table for one page.
        migrations.RunSQL("ANALYZE tickets_report", migrations.RunSQL.noop),
    ]

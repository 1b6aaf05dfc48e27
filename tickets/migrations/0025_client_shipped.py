from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Tickets are worked on while the index is built.
    atomic = False

    dependencies = [("tickets", "0024_merging")]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("state__in", ["shipped", "verified"])),
                fields=["client", "-shipped_at"],
                name="client_shipped",
            ),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Reports come in while the indexes are built.
    atomic = False

    dependencies = [("tickets", "0015_fill_sightings")]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("priority", "P1"), ("state", "queued")),
                fields=["due_at", "number"],
                name="queue_p1",
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(
                    ("due_at__isnull", False), ("estimate_minutes__gt", 480), ("state", "queued")
                ),
                fields=["due_at", "number"],
                name="queue_long",
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("state__in", ["in_progress", "waiting", "in_review"])),
                fields=["state", "priority", "received_at", "number"],
                name="queue_of_state",
            ),
        ),
        RemoveIndexConcurrently(model_name="ticket", name="queue_next"),
    ]

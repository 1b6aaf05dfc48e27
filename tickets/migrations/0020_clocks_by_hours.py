from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Reports come in while the index is built.
    atomic = False

    dependencies = [("tickets", "0019_clock_calendars")]

    operations = [
        AddIndexConcurrently(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("state", "running")),
                fields=["calendar_versions", "report"],
                name="sla_clock_by_hours",
            ),
        ),
    ]

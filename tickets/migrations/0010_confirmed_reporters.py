from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Reports come in while the indexes are built.
    atomic = False

    dependencies = [("tickets", "0009_alert_told")]

    operations = [
        AddIndexConcurrently(
            model_name="reporter",
            index=models.Index(
                condition=models.Q(email_confirmed_at__isnull=False),
                fields=["email_confirmed_at"],
                name="reporter_confirmed",
            ),
        ),
        AddIndexConcurrently(
            model_name="report",
            index=models.Index(
                condition=models.Q(ticket__isnull=False),
                fields=["reporter"],
                name="report_of_reporter",
            ),
        ),
    ]

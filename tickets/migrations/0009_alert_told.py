from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0008_attachment_source_key")]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        # Until now each was told as it was raised.
        migrations.RunSQL("UPDATE tickets_alert SET told_at = raised_at", migrations.RunSQL.noop),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0007_lists_at_scale")]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="source_key",
            field=models.CharField(max_length=200, null=True),
        ),
        migrations.AddField(
            model_name="attachment",
            name="source_hash",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_key__isnull", False)),
                fields=("uploaded_key", "source_key"),
                name="attachment_source_key_once",
            ),
        ),
    ]

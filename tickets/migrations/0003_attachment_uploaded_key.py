import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0001_initial"),
        ("tickets", "0002_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="uploaded_key",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clients.apikey",
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_database_tools")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="notice",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AlterField(
            model_name="outboxmessage",
            name="text",
            field=models.TextField(blank=True),
        ),
    ]

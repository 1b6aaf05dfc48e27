from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0018_open_clocks")]

    operations = [
        # None is counted yet by any: the next sweeps count all that run once more.
        migrations.AddField(
            model_name="slaclock",
            name="calendar_versions",
            field=models.PositiveIntegerField(default=0),
        ),
    ]

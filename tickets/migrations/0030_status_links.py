import django.db.models.deletion
from django.db import migrations, models

# What was mailed goes on to open the page of its report: a link is found by the hash of its token.
_COPY = """
INSERT INTO tickets_statuslink (report_id, by_mail, token_hash, made_at)
SELECT report_id, true, token_hash, made_at FROM tickets_replylink
WHERE expires_at > now() AND token_hash IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0029_held_promises"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatusLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_mail", models.BooleanField()),
                ("token_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("made_at", models.DateTimeField()),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="status_links",
                        to="tickets.report",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_COPY, migrations.RunSQL.noop),
        migrations.DeleteModel(name="ReplyLink"),
    ]

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# A search reads the index of postings alone, as far as vacuum has been there: soon after inserts.
VACUUM = "ALTER TABLE tickets_posting SET (autovacuum_vacuum_insert_scale_factor = 0.02);"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0022_search")]

    operations = [
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "client_id",
                        "term",
                        "report_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("client_id", models.BigIntegerField()),
                ("term", models.TextField(db_collation="C")),
                ("report_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TermCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "client_id",
                        "term",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("client_id", models.BigIntegerField()),
                ("term", models.TextField(db_collation="C")),
                ("reports", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ReportWords",
            fields=[
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="tickets.report",
                    ),
                ),
                ("heading", models.TextField()),
                ("title_terms", models.TextField()),
                ("body_terms", models.TextField()),
                (
                    "facts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("is_counted", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_counted", False)),
                        fields=["report"],
                        name="report_words_uncounted",
                    )
                ],
            },
        ),
        migrations.RunSQL(VACUUM, migrations.RunSQL.noop),
    ]

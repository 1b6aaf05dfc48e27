from typing import Any

import django.db.models.deletion
import tickets.models.similarity
from django.db import migrations, models
from django.db.utils import ProgrammingError


def add_vectors(apps: Any, schema_editor: Any) -> None:
    """Have pgvector where the server has it and we may; without it vectors are stored as bytes."""
    database = schema_editor.connection
    with database.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')")
        if not cursor.fetchone()[0]:
            return
        cursor.execute("SAVEPOINT vectors")
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except ProgrammingError:
            # Not ours to make: an administrator may have made it before.
            cursor.execute("ROLLBACK TO SAVEPOINT vectors")


class Migration(migrations.Migration):
    dependencies = [("tickets", "0025_client_shipped")]

    operations = [
        migrations.RunPython(add_vectors, migrations.RunPython.noop),
        migrations.CreateModel(
            name="ReportMeaning",
            fields=[
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="meaning",
                        serialize=False,
                        to="tickets.report",
                    ),
                ),
                ("vector", tickets.models.similarity.MeaningField()),
            ],
        ),
    ]

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

from core.append_only import CREATE_FUNCTION

# Counters and cached values may go when the server crashes; they cost no write-ahead log.
UNLOGGED = """
ALTER TABLE core_ratewindow SET UNLOGGED;
CREATE UNLOGGED TABLE core_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX core_cache_expires ON core_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(CREATE_FUNCTION, "DROP FUNCTION core_refuse_change();"),
        migrations.RunSQL(UNLOGGED, "DROP TABLE core_cache;"),
    ]

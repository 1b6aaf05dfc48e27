from django.db import migrations

# Nothing was taken from these accounts since then, so they are full of tokens on any plan.
_ACCOUNTS = """
INSERT INTO tickets_shareaccount (client_id, virtual_minutes, tokens, tokens_at)
SELECT DISTINCT client_id, 0, 0, timestamptz '2020-01-01 00:00:00+00'
FROM tickets_ticket WHERE state IN ('queued', 'in_progress', 'waiting', 'in_review')
ON CONFLICT DO NOTHING
"""
_MINUTES = """
INSERT INTO tickets_receivedminutes (client_id, week_date, minutes)
SELECT t.client_id, date_trunc('week', e.work_date)::date, sum(e.minutes)
FROM tickets_timeentry e JOIN tickets_ticket t ON t.id = e.ticket_id
WHERE e.voided_at IS NULL GROUP BY 1, 2
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0016_lane_indexes")]

    operations = [
        migrations.RunSQL(_ACCOUNTS, migrations.RunSQL.noop),
        migrations.RunSQL(_MINUTES, migrations.RunSQL.noop),
    ]

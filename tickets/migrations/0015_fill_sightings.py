from django.db import migrations

# What is in tickets already, as the rules keep it (tickets.rules.outbreaks). None of it is news.
FILL = """
INSERT INTO tickets_sighting (ticket_id, kind, value, seen_at, checked_at)
SELECT report.ticket_id, signal.kind,
       CASE WHEN signal.kind = 'advisory' AND signal.value ~ '^[\\x01-\\x7f]*$'
            THEN upper(signal.value) ELSE signal.value END AS shared,
       max(report.received_at), now()
FROM tickets_signal signal JOIN tickets_report report ON report.id = signal.report_id
WHERE signal.kind IN ('fingerprint', 'advisory') AND report.ticket_id IS NOT NULL
GROUP BY 1, 2, 3
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0014_sightings")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]

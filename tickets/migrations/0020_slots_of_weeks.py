from django.db import migrations, models
from django.db.models import Q

# Who was served at the end of a week in which somebody received something, by the events.
_SERVED = """
SELECT DISTINCT ON (r.client_id, w.week_date) r.client_id, w.week_date, v.slots
FROM (SELECT DISTINCT week_date FROM tickets_receivedminutes) w
CROSS JOIN clients_retainer r
JOIN clients_planversion v ON v.id = r.plan_version_id
WHERE (
    SELECT e.data ->> 'to' FROM clients_clientevent e
    WHERE e.retainer_id = r.id AND e.kind = 'retainer.moved' AND e.at < w.week_date + 7
    ORDER BY e.at DESC, e.id DESC LIMIT 1
) IN ('trialing', 'active', 'past_due')
ORDER BY r.client_id, w.week_date, r.id DESC
"""
_FILL = f"""
INSERT INTO tickets_receivedminutes (client_id, week_date, minutes, slots)
SELECT s.client_id, s.week_date, 0, s.slots FROM ({_SERVED}) s
ON CONFLICT (client_id, week_date) DO UPDATE SET slots = EXCLUDED.slots
"""  # noqa: S608 - from above


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0008_outbreak_events"),
        ("tickets", "0019_clock_calendars"),
    ]

    operations = [
        migrations.AddField(
            model_name="receivedminutes",
            name="slots",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddConstraint(
            model_name="receivedminutes",
            constraint=models.CheckConstraint(
                condition=Q(("slots__gte", 1)), name="received_by_slots"
            ),
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]

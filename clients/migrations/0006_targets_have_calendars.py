import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0005_first_calendars'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='slatarget',
            name='sla_target_sane',
        ),
        migrations.AlterField(
            model_name='slatarget',
            name='next_reply_minutes',
            field=models.PositiveIntegerField(),
        ),
        migrations.AlterField(
            model_name='slatarget',
            name='calendar',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.calendar'),
        ),
        migrations.AddConstraint(
            model_name='slatarget',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', ['P1', 'P2', 'P3', 'P4']), ('first_response_minutes__gt', 0), ('next_reply_minutes__gt', 0), ('resolution_minutes__gte', models.F('first_response_minutes'))), name='sla_target_sane'),
        ),
    ]

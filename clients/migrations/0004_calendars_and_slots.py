import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0003_house_events'),
    ]

    operations = [
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('is_house', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('valid_from', models.DateTimeField()),
                ('time_zone', models.CharField(max_length=60)),
                ('week', models.JSONField()),
                ('exceptions', models.JSONField(default=list)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('subdivision', models.CharField(blank=True, max_length=10)),
                ('published_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['calendar__name', '-version'],
            },
        ),
        migrations.AddField(
            model_name='planversion',
            name='most_tokens_per_slot',
            field=models.DecimalField(decimal_places=2, default=Decimal('8'), max_digits=5),
        ),
        migrations.AddField(
            model_name='planversion',
            name='slots',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='planversion',
            name='tokens_per_slot',
            field=models.DecimalField(decimal_places=2, default=Decimal('4'), max_digits=5),
        ),
        migrations.AddField(
            model_name='slatarget',
            name='next_reply_minutes',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='clientevent',
            name='kind',
            field=models.CharField(choices=[('client.created', 'Client created'), ('client.changed', 'Client changed'), ('client.lead_set', 'Lead changed'), ('member.invited', 'Invitation sent'), ('member.invitation_revoked', 'Invitation revoked'), ('member.joined', 'Member joined'), ('member.role_changed', 'Role changed'), ('member.removed', 'Member removed'), ('project.created', 'Project created'), ('project.changed', 'Project changed'), ('project.archived', 'Project archived'), ('release.recorded', 'Release deployed'), ('key.created', 'API key created'), ('key.revoked', 'API key revoked'), ('retainer.created', 'Retainer drafted'), ('retainer.moved', 'Retainer changed state'), ('plan.named', 'Plan named'), ('plan.published', 'Plan version published'), ('staff.changed', 'Staff changed'), ('user.deactivated', 'Account deactivated'), ('user.reactivated', 'Account reactivated'), ('rota.shift_added', 'On-call shift added'), ('rota.shift_ended', 'On-call shift ended'), ('calendar.published', 'Calendar version published'), ('engineer.changed', "Engineer's terms of work changed"), ('engineer.absent', 'Absence added'), ('engineer.absence_removed', 'Absence removed'), ('macro.saved', 'Saved reply changed')], max_length=40),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.CheckConstraint(condition=models.Q(('slots__gte', 1), ('tokens_per_slot__gte', 0), ('most_tokens_per_slot__gte', models.F('tokens_per_slot'))), name='plan_slots_sane'),
        ),
        migrations.AddConstraint(
            model_name='calendar',
            constraint=models.UniqueConstraint(condition=models.Q(('is_house', True)), fields=('is_house',), name='calendar_one_house'),
        ),
        migrations.AddField(
            model_name='clientevent',
            name='calendar',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='clients.calendar'),
        ),
        migrations.AddField(
            model_name='slatarget',
            name='calendar',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.calendar'),
        ),
        migrations.AddField(
            model_name='calendarversion',
            name='calendar',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='clients.calendar'),
        ),
        migrations.AddField(
            model_name='calendarversion',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='calendarversion',
            constraint=models.UniqueConstraint(fields=('calendar', 'version'), name='calendar_version_once'),
        ),
    ]

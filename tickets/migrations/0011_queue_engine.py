import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0006_targets_have_calendars'),
        ('tickets', '0010_confirmed_reporters'),
    ]

    operations = [
        migrations.CreateModel(
            name='QueuePlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('spare_minutes', models.FloatField(default=0)),
                ('simulated_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Skill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='SlaClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.CharField(choices=[('first_response', 'FIRST_RESPONSE'), ('next_reply', 'NEXT_REPLY'), ('resolution', 'RESOLUTION')], max_length=16)),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('fulfilled', 'Fulfilled')], max_length=10)),
                ('started_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('next_step_at', models.DateTimeField(null=True)),
                ('breached_at', models.DateTimeField(null=True)),
                ('fulfilled_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='ticket',
            name='committed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='ticket',
            name='due_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='ticket',
            name='rank',
            field=models.FloatField(default=0),
        ),
        migrations.AlterField(
            model_name='ticketevent',
            name='kind',
            field=models.CharField(choices=[('report.received', 'reported this'), ('report.proposed', 'read it and proposed a triage'), ('report.accepted', 'accepted the report'), ('report.joined', 'joined a report of the same problem'), ('report.declined', 'declined the report'), ('report.reconsidered', 'took the declined report back into triage'), ('report.asked', 'asked a question'), ('report.answered', 'answered the question'), ('ticket.opened', 'opened the ticket'), ('ticket.edited', 'edited the ticket'), ('ticket.severity_confirmed', 'confirmed the severity'), ('ticket.p1_approved', 'raised it to P1 for its reach'), ('ticket.reach_changed', 'counted one more person affected'), ('ticket.started', 'started work'), ('ticket.assigned', 'assigned the ticket'), ('ticket.put_back', 'put it back into the queue'), ('ticket.waiting', 'waits for the client'), ('ticket.resumed', 'went on'), ('ticket.in_review', 'asked for review'), ('ticket.shipped', 'shipped the fix'), ('ticket.fix_confirmed', 'said it works'), ('ticket.fix_denied', 'said it is still broken'), ('ticket.reopened', 'reopened the ticket'), ('ticket.closed', 'closed the ticket without a fix'), ('comment.posted', 'replied'), ('comment.noted', 'wrote an internal note'), ('ticket.link_added', 'linked a pull request'), ('ticket.committed', 'promised a due time'), ('ticket.not_promised', 'put it into the backlog'), ('ticket.due_moved', 'moved the due time'), ('ticket.overridden', 'took it out of order'), ('ticket.outbreak_joined', 'linked it to an outbreak'), ('ticket.outbreak_left', 'took it out of an outbreak'), ('sla.terms', 'changed what is promised'), ('sla.activated', 'started a clock'), ('sla.paused', 'paused a clock'), ('sla.resumed', 'resumed a clock'), ('sla.warned', 'warned of a clock'), ('sla.breached', 'saw a clock run out'), ('sla.fulfilled', 'fulfilled a clock'), ('time.logged', 'logged time'), ('time.voided', 'voided logged time'), ('alert.raised', 'raised an alert'), ('alert.escalated', 'escalated the alert'), ('alert.acknowledged', 'acknowledged the alert')], max_length=40),
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=80)),
                ('engineer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_at'],
            },
        ),
        migrations.CreateModel(
            name='Outbreak',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('signal_kind', models.CharField(blank=True, choices=[('page', 'Page path'), ('release', 'Release'), ('fingerprint', 'Error fingerprint'), ('trace', 'Trace'), ('component', 'Component'), ('advisory', 'Advisory')], max_length=12)),
                ('signal_value', models.CharField(blank=True, max_length=300)),
                ('state', models.CharField(choices=[('open', 'Open'), ('shipped', 'Shipped'), ('closed', 'Closed')], default='open', max_length=10)),
                ('opened_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-opened_at', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='ticket',
            name='outbreak',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='tickets.outbreak'),
        ),
        migrations.AddField(
            model_name='ticketevent',
            name='outbreak',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='tickets.outbreak'),
        ),
        migrations.CreateModel(
            name='ReceivedMinutes',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_date', models.DateField()),
                ('minutes', models.IntegerField(default=0)),
                ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='received_minutes', to='clients.client')),
            ],
            options={
                'ordering': ['-week_date'],
            },
        ),
        migrations.CreateModel(
            name='ShareAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('virtual_minutes', models.FloatField(default=0)),
                ('tokens', models.FloatField(default=0)),
                ('tokens_at', models.DateTimeField()),
                ('client', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='share_account', to='clients.client')),
                ('plan_version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.planversion')),
            ],
        ),
        migrations.CreateModel(
            name='Engineer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('wip_limit', models.PositiveSmallIntegerField(default=3)),
                ('calendar', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.calendar')),
                ('projects', models.ManyToManyField(blank=True, related_name='+', to='clients.project')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='engineer', to=settings.AUTH_USER_MODEL)),
                ('skills', models.ManyToManyField(blank=True, related_name='+', to='tickets.skill')),
            ],
        ),
        migrations.AddField(
            model_name='ticket',
            name='skill',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tickets.skill'),
        ),
        migrations.AddField(
            model_name='slaclock',
            name='report',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='tickets.report'),
        ),
        migrations.AddField(
            model_name='slaclock',
            name='ticket',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='tickets.ticket'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='absence_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='outbreak',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open'), models.Q(('signal_value', ''), _negated=True)), fields=('signal_kind', 'signal_value'), name='outbreak_open_once'),
        ),
        migrations.AddConstraint(
            model_name='outbreak',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='outbreak_ended_at_when_ended'),
        ),
        migrations.AddIndex(
            model_name='receivedminutes',
            index=models.Index(fields=['week_date'], name='received_in_week'),
        ),
        migrations.AddConstraint(
            model_name='receivedminutes',
            constraint=models.UniqueConstraint(fields=('client', 'week_date'), name='received_minutes_once'),
        ),
        migrations.AddIndex(
            model_name='shareaccount',
            index=models.Index(fields=['virtual_minutes', 'client'], name='share_account_least'),
        ),
        migrations.AddConstraint(
            model_name='shareaccount',
            constraint=models.CheckConstraint(condition=models.Q(('tokens__gte', 0)), name='share_account_tokens'),
        ),
        migrations.AddConstraint(
            model_name='engineer',
            constraint=models.CheckConstraint(condition=models.Q(('wip_limit__gte', 1)), name='engineer_wip_limit'),
        ),
        migrations.AddIndex(
            model_name='slaclock',
            index=models.Index(condition=models.Q(('next_step_at__isnull', False)), fields=['next_step_at'], name='sla_clock_next_step'),
        ),
        migrations.AddIndex(
            model_name='slaclock',
            index=models.Index(condition=models.Q(('ticket__isnull', False)), fields=['ticket'], name='sla_clock_of_ticket'),
        ),
        migrations.AddConstraint(
            model_name='slaclock',
            constraint=models.UniqueConstraint(fields=('report', 'clock'), name='sla_clock_once'),
        ),
        migrations.AddConstraint(
            model_name='slaclock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('fulfilled_at__isnull', False), ('state', 'fulfilled')), models.Q(models.Q(('state', 'fulfilled'), _negated=True), ('fulfilled_at__isnull', True)), _connector='OR'), name='sla_clock_fulfilled_at_when_fulfilled'),
        ),
        migrations.AddConstraint(
            model_name='slaclock',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'running'), ('next_step_at__isnull', True), _connector='OR'), name='sla_clock_steps_while_running'),
        ),
    ]

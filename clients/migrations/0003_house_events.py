import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0002_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='clientevent',
            name='plan',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.plan'),
        ),
        migrations.AlterField(
            model_name='clientevent',
            name='kind',
            field=models.CharField(choices=[('client.created', 'Client created'), ('client.changed', 'Client changed'), ('client.lead_set', 'Lead changed'), ('member.invited', 'Invitation sent'), ('member.invitation_revoked', 'Invitation revoked'), ('member.joined', 'Member joined'), ('member.role_changed', 'Role changed'), ('member.removed', 'Member removed'), ('project.created', 'Project created'), ('project.changed', 'Project changed'), ('project.archived', 'Project archived'), ('release.recorded', 'Release deployed'), ('key.created', 'API key created'), ('key.revoked', 'API key revoked'), ('retainer.created', 'Retainer drafted'), ('retainer.moved', 'Retainer changed state'), ('plan.named', 'Plan named'), ('plan.published', 'Plan version published'), ('staff.changed', 'Staff changed'), ('user.deactivated', 'Account deactivated'), ('user.reactivated', 'Account reactivated'), ('rota.shift_added', 'On-call shift added'), ('rota.shift_ended', 'On-call shift ended'), ('macro.saved', 'Saved reply changed')], max_length=40),
        ),
        migrations.AddIndex(
            model_name='clientevent',
            index=models.Index(condition=models.Q(('client__isnull', True)), fields=['-at'], name='client_event_house'),
        ),
    ]

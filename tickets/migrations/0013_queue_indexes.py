from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    # Reports come in while the indexes are built.
    atomic = False

    dependencies = [
        ('tickets', '0012_ranks'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(condition=models.Q(('due_at__isnull', False), ('state__in', ['queued', 'in_progress', 'waiting', 'in_review'])), fields=['due_at', 'number'], name='ticket_committed'),
        ),
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(condition=models.Q(('outbreak__isnull', False)), fields=['outbreak'], name='ticket_of_outbreak'),
        ),
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(condition=models.Q(('state', 'queued')), fields=['client', '-rank', 'number'], name='queue_of_client'),
        ),
        AddConstraintNotValid(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('committed_at__isnull', True), ('due_at__isnull', True)), models.Q(('committed_at__isnull', False), ('due_at__isnull', False)), _connector='OR'), name='ticket_due_when_committed'),
        ),
        ValidateConstraint(
            model_name='ticket', name='ticket_due_when_committed'
        ),
    ]

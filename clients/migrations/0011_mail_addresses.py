from django.db import migrations, models

import clients.models.projects


def give_addresses(apps, schema_editor):
    """Give each project an address of its own."""
    projects = apps.get_model("clients", "Project").objects.all()
    for project in projects.iterator():
        project.mail_token = clients.models.projects.make_mail_token()
        project.save(update_fields=["mail_token"])


class Migration(migrations.Migration):

    dependencies = [
        ("clients", "0010_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="mail_token",
            field=models.CharField(max_length=20, null=True),
        ),
        migrations.RunPython(give_addresses, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="project",
            name="mail_token",
            field=models.CharField(
                default=clients.models.projects.make_mail_token, max_length=20, unique=True
            ),
        ),
    ]

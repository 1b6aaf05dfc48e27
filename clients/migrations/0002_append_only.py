from django.db import migrations

from core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial"), ("core", "0002_database_tools")]

    operations = [append_only("clients_clientevent")]

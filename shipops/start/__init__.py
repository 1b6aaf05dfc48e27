"""``make run``: checks, database, migrations, demo, then web and worker under one supervisor."""

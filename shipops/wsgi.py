"""The WSGI application, for any server that speaks WSGI."""

import os

from django.core.wsgi import get_wsgi_application

from shipops.checks import refuse_wrong_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
application = get_wsgi_application()
refuse_wrong_settings()

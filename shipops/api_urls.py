from django.urls import include, path, re_path

from shipops.api_docs import docs, report_schema, schema
from shipops.errors import unknown_endpoint

urlpatterns = [
    path("v1/", include("tickets.api_urls")),
    path("v1/", include("clients.api_urls")),
    path("v1/schemas/report.json", report_schema, name="api_report_schema"),
    path("schema/", schema, name="api_schema"),
    path("docs/", docs, name="api_docs"),
    re_path(r"", unknown_endpoint, name="api_unknown"),
]

from django.urls import path

from clients import api

urlpatterns = [path("releases", api.ReleasesView.as_view(), name="api_releases")]

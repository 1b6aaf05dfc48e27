from django.urls import path

from clients import api

urlpatterns = [
    path("form", api.FormView.as_view(), name="api_form"),
    path("releases", api.ReleasesView.as_view(), name="api_releases"),
]

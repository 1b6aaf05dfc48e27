from django.urls import path

from shipops.pages import home

urlpatterns = [path("", home, name="home")]

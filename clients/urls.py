from django.urls import path

from clients import views

urlpatterns = [
    path("portal/team/", views.team, name="team"),
    path("portal/settings/", views.settings, name="settings"),
    path("portal/switch/", views.client_switch, name="client_switch"),
    path("invite/<str:token>/", views.invitation, name="invitation"),
]

from django.urls import path

from clients import views

urlpatterns = [
    path("portal/team/", views.team, name="team"),
    path("portal/settings/", views.settings, name="settings"),
    path("portal/settings/keys/", views.api_keys, name="api_keys"),
    path("portal/settings/widget/", views.widget, name="widget"),
    path("portal/switch/", views.client_switch, name="client_switch"),
    path("invite/<str:token>/", views.invitation, name="invitation"),
]

from django.urls import path

from tickets import views

urlpatterns = [
    path("portal/", views.portal_home, name="portal_home"),
    path("portal/report/", views.report_new, name="report_new"),
    path("portal/report/like/", views.report_like, name="report_like"),
    path("portal/reports/<number:number>/", views.report_detail, name="report_detail"),
    path("portal/tickets/", views.ticket_list, name="ticket_list"),
    path("portal/tickets/<number:number>/", views.ticket_detail, name="ticket_detail"),
    path("portal/files/<number:pk>/", views.attachment, name="attachment"),
    path("v/<str:token>/", views.fix_check, name="fix_check"),
    path("r/<str:token>/", views.reply_link, name="reply_link"),
]

from django.urls import path

from tickets import views

urlpatterns = [
    path("widget.js", views.widget_script, name="widget_script"),
    path("portal/", views.portal_home, name="portal_home"),
    path("portal/settings/people/", views.people, name="people"),
    path("portal/report/", views.report_new, name="report_new"),
    path("portal/report/like/", views.report_like, name="report_like"),
    path("portal/report/questions/", views.report_questions, name="report_questions"),
    path("portal/reports/<number:number>/", views.report_detail, name="report_detail"),
    path("portal/tickets/", views.ticket_list, name="ticket_list"),
    path("portal/tickets/<number:number>/", views.ticket_detail, name="ticket_detail"),
    path("portal/files/<number:pk>/", views.attachment, name="attachment"),
    path("v/<str:token>/", views.fix_check, name="fix_check"),
    path("r/<str:token>/", views.report_status, name="report_status"),
    path("r/<str:token>/files/<number:pk>/", views.status_file, name="status_file"),
]

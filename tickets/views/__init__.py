from tickets.views.files import attachment
from tickets.views.fixcheck import fix_check
from tickets.views.home import portal_home
from tickets.views.like import report_like
from tickets.views.listing import ticket_list
from tickets.views.people import people
from tickets.views.report import report_new, report_questions
from tickets.views.status import report_status, status_file
from tickets.views.ticket import report_detail, ticket_detail
from tickets.views.widget import widget_script

__all__ = [
    "attachment",
    "fix_check",
    "people",
    "portal_home",
    "report_detail",
    "report_like",
    "report_new",
    "report_questions",
    "report_status",
    "status_file",
    "ticket_detail",
    "ticket_list",
    "widget_script",
]

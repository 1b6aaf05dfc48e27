"""The console's pages about reports and tickets."""

from core.admin import Page
from tickets.admin.dashboard import dashboard
from tickets.admin.due import due_page
from tickets.admin.engineers import engineers_page
from tickets.admin.filing import file_report
from tickets.admin.like import ticket_like
from tickets.admin.lists import ReportAdmin, TicketAdmin
from tickets.admin.load import load_page
from tickets.admin.mail import mail_page, raw_mail
from tickets.admin.merging import merge_page
from tickets.admin.outbreaks import outbreak_page, outbreaks_page
from tickets.admin.people import reporters_page
from tickets.admin.queue import queue_page
from tickets.admin.rota import rota
from tickets.admin.saved_replies import macros_page
from tickets.admin.searching import search_page
from tickets.admin.shares import shares_page
from tickets.admin.taking import receipt_page, take_page
from tickets.admin.triage import acknowledge, inbox, report_page
from tickets.admin.workbench import viewers, workbench

PAGES: list[Page] = [
    ("queue/", queue_page, "tickets_queue"),
    ("triage/", inbox, "tickets_triage"),
    ("triage/<number:number>/", report_page, "tickets_triage_report"),
    ("triage/<number:number>/acknowledge/", acknowledge, "tickets_acknowledge"),
    ("tickets/<number:number>/", workbench, "tickets_workbench"),
    ("tickets/<number:number>/viewers/", viewers, "tickets_viewers"),
    ("tickets/<number:number>/like/", ticket_like, "tickets_like"),
    ("tickets/<number:number>/due/", due_page, "tickets_due"),
    ("tickets/<number:number>/merge/", merge_page, "tickets_merge"),
    ("tickets/<number:number>/take/", take_page, "tickets_take"),
    ("tickets/<number:number>/receipt/", receipt_page, "tickets_receipt"),
    ("outbreaks/", outbreaks_page, "tickets_outbreaks"),
    ("outbreaks/<number:pk>/", outbreak_page, "tickets_outbreak"),
    ("clients/<number:pk>/reporters/", reporters_page, "tickets_reporters"),
    ("report/", file_report, "tickets_file_report"),
    ("mail/", mail_page, "tickets_mail"),
    ("mail/<number:pk>/raw/", raw_mail, "tickets_raw_mail"),
    ("saved-replies/", macros_page, "tickets_macros"),
    ("load/", load_page, "tickets_load"),
    ("shares/", shares_page, "tickets_shares"),
    ("on-call/", rota, "tickets_rota"),
    ("engineers/", engineers_page, "tickets_engineers"),
]

__all__ = ["PAGES", "ReportAdmin", "TicketAdmin", "dashboard", "search_page"]

from tickets.actions.alerts import (
    acknowledge_alert,
    add_shift,
    end_shift,
    escalate_alerts,
    tell_alerts,
)
from tickets.actions.answers import answer_by_link, recount_reach
from tickets.actions.attachments import (
    sweep_loose_attachments,
    upload_attachment,
)
from tickets.actions.clocks import (
    KEEP_BATCH,
    keep_client,
    keep_clocks,
    sweep_clocks,
)
from tickets.actions.content import (
    MOST_SIGNALS,
    MOST_TEXT,
    Sender,
)
from tickets.actions.conversation import (
    MOST_BODY,
    note_on_ticket,
    reply_to_report,
    reply_to_ticket,
    save_macro,
)
from tickets.actions.crew import (
    add_absence,
    change_engineer,
    create_skill,
    remove_absence,
    reset_engineer,
    set_ticket_skill,
)
from tickets.actions.documents import (
    document_missing,
    learn_words,
    recount_all_words,
    recount_words,
)
from tickets.actions.due import move_due
from tickets.actions.erasing import delete_doomed_files
from tickets.actions.fixes import (
    answer_fix,
    answer_fix_check,
    ask_reporters,
)
from tickets.actions.imports import (
    Imported,
    check_import,
    import_report,
)
from tickets.actions.inbound import (
    approve_mail,
    dismiss_mail,
    file_mail,
    keep_mail,
    retry_mail,
    take_mails,
)
from tickets.actions.joining import join_own_report, join_report
from tickets.actions.merging import MergedAlready, merge_tickets, split_report, unmerge_ticket
from tickets.actions.next import (
    OutOfOrder,
    QueueEmpty,
    TooMuchInHand,
    start_ticket,
    take_next,
)
from tickets.actions.outbreaks import (
    Shipping,
    close_outbreak,
    detect_outbreak,
    link_ticket,
    open_outbreak,
    ship_outbreak,
    unlink_ticket,
)
from tickets.actions.presence import (
    mark_present,
)
from tickets.actions.promises import (
    offer_promises,
    refresh_plan,
    settle_pauses,
)
from tickets.actions.reports import (
    receive_report,
)
from tickets.actions.retention import expire_mails, expire_reports
from tickets.actions.rights import erase_person, export_person, run_erasures
from tickets.actions.saved_views import (
    MOST_VIEWS,
    change_view,
    delete_view,
    save_view,
)
from tickets.actions.similarity import (
    count_terms,
    index_missing,
    index_report,
    learn_meaning,
)
from tickets.actions.status_links import renew_status_link, status_address
from tickets.actions.tickets import (
    approve_p1,
    assign_ticket,
    close_ticket,
    edit_ticket,
    link_pull_request,
    put_back,
    reopen_ticket,
    resume_waiting,
    return_from_review,
    send_to_review,
    ship_ticket,
    wait_for_client,
)
from tickets.actions.time import (
    discard_timer,
    log_time,
    start_timer,
    stop_timer,
    void_time,
)
from tickets.actions.titles import publish_title
from tickets.actions.triage import (
    accept_report,
    ask_reporter,
    decline_report,
    propose_triage,
    reconsider_report,
)
from tickets.actions.watching import unwatch_ticket, watch_ticket
from tickets.actions.widget import MOST_FILES, Submission, read_object, submit_from_page

__all__ = [
    "KEEP_BATCH",
    "MOST_BODY",
    "MOST_FILES",
    "MOST_SIGNALS",
    "MOST_TEXT",
    "MOST_VIEWS",
    "Imported",
    "MergedAlready",
    "OutOfOrder",
    "QueueEmpty",
    "Sender",
    "Shipping",
    "Submission",
    "TooMuchInHand",
    "accept_report",
    "acknowledge_alert",
    "add_absence",
    "add_shift",
    "answer_by_link",
    "answer_fix",
    "answer_fix_check",
    "approve_mail",
    "approve_p1",
    "ask_reporter",
    "ask_reporters",
    "assign_ticket",
    "change_engineer",
    "change_view",
    "check_import",
    "close_outbreak",
    "close_ticket",
    "count_terms",
    "create_skill",
    "decline_report",
    "delete_doomed_files",
    "delete_view",
    "detect_outbreak",
    "discard_timer",
    "dismiss_mail",
    "document_missing",
    "edit_ticket",
    "end_shift",
    "erase_person",
    "escalate_alerts",
    "expire_mails",
    "expire_reports",
    "export_person",
    "file_mail",
    "import_report",
    "index_missing",
    "index_report",
    "join_own_report",
    "join_report",
    "keep_client",
    "keep_clocks",
    "keep_mail",
    "learn_meaning",
    "learn_words",
    "link_pull_request",
    "link_ticket",
    "log_time",
    "mark_present",
    "merge_tickets",
    "move_due",
    "note_on_ticket",
    "offer_promises",
    "open_outbreak",
    "propose_triage",
    "publish_title",
    "put_back",
    "read_object",
    "receive_report",
    "reconsider_report",
    "recount_all_words",
    "recount_reach",
    "recount_words",
    "refresh_plan",
    "remove_absence",
    "renew_status_link",
    "reopen_ticket",
    "reply_to_report",
    "reply_to_ticket",
    "reset_engineer",
    "resume_waiting",
    "retry_mail",
    "return_from_review",
    "run_erasures",
    "save_macro",
    "save_view",
    "send_to_review",
    "set_ticket_skill",
    "settle_pauses",
    "ship_outbreak",
    "ship_ticket",
    "split_report",
    "start_ticket",
    "start_timer",
    "status_address",
    "stop_timer",
    "submit_from_page",
    "sweep_clocks",
    "sweep_loose_attachments",
    "take_mails",
    "take_next",
    "tell_alerts",
    "unlink_ticket",
    "unmerge_ticket",
    "unwatch_ticket",
    "upload_attachment",
    "void_time",
    "wait_for_client",
    "watch_ticket",
]

from clients.actions.accounts import (
    change_client,
    create_client,
    set_lead,
)
from clients.actions.browser_keys import (
    change_browser_key,
    create_browser_key,
    rotate_identity_secret,
)
from clients.actions.calendars import check_calendar, create_calendar, publish_calendar_version
from clients.actions.forms import publish_form
from clients.actions.keys import (
    KEY_STANDS,
    KeyChanged,
    key_stands,
    key_terms,
    recall_api_key,
    use_api_key,
)
from clients.actions.members import (
    accept_invitation,
    change_member_role,
    invite_member,
    remove_member,
    revoke_invitation,
)
from clients.actions.plans import (
    create_plan,
    create_retainer,
    publish_plan_version,
    set_retainer_state,
)
from clients.actions.projects import (
    archive_project,
    change_project,
    create_api_key,
    create_project,
    record_release,
    renew_mail_address,
    revoke_api_key,
    set_retention,
)
from clients.actions.users import (
    change_profile,
    create_staff,
    deactivate_user,
    reactivate_user,
    set_staff_role,
)

__all__ = [
    "KEY_STANDS",
    "KeyChanged",
    "accept_invitation",
    "archive_project",
    "change_browser_key",
    "change_client",
    "change_member_role",
    "change_profile",
    "change_project",
    "check_calendar",
    "create_api_key",
    "create_browser_key",
    "create_calendar",
    "create_client",
    "create_plan",
    "create_project",
    "create_retainer",
    "create_staff",
    "deactivate_user",
    "invite_member",
    "key_stands",
    "key_terms",
    "publish_calendar_version",
    "publish_form",
    "publish_plan_version",
    "reactivate_user",
    "recall_api_key",
    "record_release",
    "remove_member",
    "revoke_api_key",
    "revoke_invitation",
    "rotate_identity_secret",
    "set_lead",
    "set_retainer_state",
    "renew_mail_address",
    "set_retention",
    "set_staff_role",
    "use_api_key",
]

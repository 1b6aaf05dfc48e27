from clients.views.invitations import invitation
from clients.views.keys import api_keys
from clients.views.settings import settings
from clients.views.switch import client_switch
from clients.views.team import team
from clients.views.widget import widget

__all__ = ["api_keys", "client_switch", "invitation", "settings", "team", "widget"]

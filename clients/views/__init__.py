from clients.views.invitations import invitation
from clients.views.settings import settings
from clients.views.switch import client_switch
from clients.views.team import team

__all__ = ["client_switch", "invitation", "settings", "team"]

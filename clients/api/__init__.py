from clients.api.forms import FormView
from clients.api.releases import ReleasesView

__all__ = ["FormView", "ReleasesView"]

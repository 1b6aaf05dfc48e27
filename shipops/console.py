from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    """The ops console."""

    site_title = "ShipOps"
    site_header = "ShipOps"
    index_title = "Dashboard"
    enable_nav_sidebar = True

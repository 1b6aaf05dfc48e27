"""How the console looks and what stands in its frame (django-unfold)."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy

_static = lazy(static, str)  # resolved when used: names are hashed in production
_BASE_COLORS = {
    "50": "#f4f6f5", "100": "#e9eeed", "200": "#d9e1df", "300": "#bfcbc9", "400": "#8ea1a4",
    "500": "#5d7075", "600": "#47595f", "700": "#33464b", "800": "#223136", "900": "#152023",
    "950": "#0e1618",
}  # fmt: skip
_PRIMARY_COLORS = {
    "50": "#eef7f6", "100": "#dfeeed", "200": "#b9dedb", "300": "#86d9d5", "400": "#5fc7c2",
    "500": "#5fc7c2", "600": "#0b6468", "700": "#084c4f", "800": "#073d40", "900": "#062f31",
    "950": "#04211f",
}  # fmt: skip
CONSOLE_THEME = {
    "SITE_TITLE": "ShipOps",
    "SITE_HEADER": "ShipOps",
    "SITE_SYMBOL": "directions_boat",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _static("portal/favicon.svg")}
    ],
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": _BASE_COLORS, "primary": _PRIMARY_COLORS},
    "STYLES": [_static("portal/tokens.css"), _static("console/console.css")],
    "ACCOUNT": {
        "navigation": [{"title": "Account and sign-in", "link": reverse_lazy("mfa_index")}]
    },
    "SIDEBAR": {"navigation": "shipops.console.navigation"},
}

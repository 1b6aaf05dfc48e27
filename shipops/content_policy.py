"""Where pages may load from (Content-Security-Policy, CSP level 3)."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

EVERYWHERE = {
    "default-src": [SELF],
    "img-src": [SELF],
    "script-src": [SELF],
    "style-src": [SELF],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
# The console's theme evaluates Alpine expressions and sets styles inline (decision 0004); only
# signed-in staff reach its pages, and their scripts still come from here alone.
IN_THE_CONSOLE = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from tickets.widget import widget_script as script_now

# An hour as it is, and a day more while a newer one is fetched (RFC 5861).
_CACHE = "public, max-age=3600, stale-while-revalidate=86400"


@require_safe
def widget_script(request: HttpRequest) -> HttpResponse:
    """Give the widget to pages of any origin: what they may do with it is up to their key."""
    script = script_now()
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    answer: HttpResponse
    if request.headers.get("If-None-Match", "").removeprefix("W/") == script.etag:
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(
            script.packed if packed else script.plain,
            content_type="text/javascript; charset=utf-8",
        )
        if packed:
            answer["Content-Encoding"] = "gzip"
    answer["ETag"] = script.etag
    answer["Cache-Control"] = _CACHE
    answer["Vary"] = "Accept-Encoding"
    answer["Access-Control-Allow-Origin"] = "*"
    # So that pages which isolate themselves (Cross-Origin-Embedder-Policy) may load it, too.
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer

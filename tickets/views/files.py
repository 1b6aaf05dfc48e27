from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from clients.portal import Portal, account_page
from tickets.gateways.files import open_file
from tickets.models import Attachment
from tickets.queries import get_attachment_for


@require_safe
@account_page
def attachment(request: HttpRequest, portal: Portal, pk: int) -> HttpResponseBase:
    """Give a file to whoever may see what it hangs on: pictures to look at, the rest to save."""
    return file_answer(get_attachment_for(portal.user, pk))


def file_answer(found: Attachment) -> FileResponse:
    """Answer with a stored file that whoever asks may see: no browser guesses what it is."""
    try:
        stored = open_file(found.path)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        stored,
        as_attachment=not found.is_image,
        filename=found.name,
        content_type=found.content_type,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

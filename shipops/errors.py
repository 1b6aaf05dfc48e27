"""What is answered where no view of ours answers: problems to the API, pages to everybody else."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from core.api.problems import is_api, problem_page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    if is_api(request):
        return problem_page(400, "The request is malformed.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return problem_page(403) if is_api(request) else defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    if is_api(request):
        return problem_page(404, "There is no such endpoint.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, and nothing about why."""
    if is_api(request):
        return problem_page(500, "Something failed on our side. It has been logged.")
    return defaults.server_error(request)


@csrf_exempt
def unknown_endpoint(request: HttpRequest) -> HttpResponse:
    """Answer 404 to any method on an address of the API that is none."""
    return problem_page(404, "There is no such endpoint; /api/docs/ lists them all.")

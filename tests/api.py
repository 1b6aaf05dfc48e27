"""A client of the API, as a program would be one."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client


class Api:
    """Calls endpoints under /api/v1/ with a key."""

    def __init__(self, token: str = "") -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = Client(raise_request_exception=False)

    def get(self, path: str, **headers: str) -> HttpResponse:
        """GET; names of headers with underscores."""
        return self.call("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """POST an object as JSON, or bytes as they are."""
        return self.call("POST", path, body, **headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Make any request; answers are never raised."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.generic(  # type: ignore[return-value]
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            raw,
            content_type=named.pop("Content-Type", "application/json"),
            headers={**self.headers, **named},
        )

    def upload(self, name: str, data: bytes, **headers: str) -> HttpResponse:
        """Send a file; names of headers with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(  # type: ignore[return-value]
            "/api/v1/attachments",
            {"file": SimpleUploadedFile(name, data)},
            headers={**self.headers, **named},
        )


def check_problem(answer: HttpResponse, status: int, *fields: str) -> dict[str, Any]:
    """Check that the answer is a problem (RFC 9457) of the status that names exactly the fields."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.content)
    assert body["status"] == status
    assert body["title"] and body["type"] and body["detail"]
    assert {error["field"] for error in body.get("errors", [])} == set(fields), body
    return body

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.actions import record_release
from clients.api.base import KeyView
from clients.models import ApiScope
from clients.queries import releases_for
from core.api.pages import PARAMETERS, page_of, page_schema
from core.api.schema import ERRORS, READ_ERRORS


class ReleaseInput(serializers.Serializer[Any]):
    """A deploy, as CI tells it."""

    version = serializers.CharField(max_length=200, help_text="What was deployed: a tag or a hash.")
    environment = serializers.CharField(max_length=60, default="production")
    commit = serializers.CharField(max_length=64, default="", allow_blank=True)
    url = serializers.URLField(max_length=500, default="", allow_blank=True)
    deployed_at = serializers.DateTimeField(
        required=False, help_text="When, if not now; never in the future."
    )


class ReleaseOutput(serializers.Serializer[Any]):
    """A recorded deploy."""

    id = serializers.IntegerField()
    version = serializers.CharField()
    environment = serializers.CharField()
    commit = serializers.CharField()
    url = serializers.CharField()
    deployed_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class ReleasesView(KeyView):
    """A project's releases."""

    scopes = {
        "GET": frozenset({ApiScope.REPORTS_READ, ApiScope.RELEASES_WRITE}),
        "POST": frozenset({ApiScope.RELEASES_WRITE}),
    }

    @extend_schema(
        operation_id="list_releases",
        summary="List releases",
        description="The project's recorded releases, last recorded first.",
        parameters=PARAMETERS,
        responses={200: page_schema(ReleaseOutput, "ReleasePage"), **READ_ERRORS},
    )
    def get(self, request: Request) -> Response:
        return Response(page_of(request, releases_for(self.key), ReleaseOutput, key="-pk"))

    @extend_schema(
        operation_id="record_release",
        summary="Record a release",
        description=(
            "Call it from CI after each deploy. The same version and environment again changes "
            "nothing and answers 200 with what was recorded first."
        ),
        request=ReleaseInput,
        responses={
            201: OpenApiResponse(ReleaseOutput, "Recorded."),
            200: OpenApiResponse(ReleaseOutput, "Known already."),
            **ERRORS,
        },
    )
    def post(self, request: Request) -> Response:
        sent = ReleaseInput(data=request.data)
        sent.is_valid(raise_exception=True)
        release, is_new = record_release(
            project_id=self.key.project_id,
            actor=self.key,
            now=timezone.now(),
            **sent.validated_data,
        )
        return Response(ReleaseOutput(release).data, status=201 if is_new else 200)

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.api.base import READ, WRITE, KeyView
from clients.queries import schema_for
from core.api.schema import READ_ERRORS


class FormOutput(serializers.Serializer[Any]):
    """What a project asks besides what happened."""

    version = serializers.IntegerField(help_text="To be sent back as `answers_version`.")
    questions = serializers.ListField(
        child=serializers.DictField(),
        help_text="In order: `name`, `type`, `label` and `help` by language, `options`, bounds.",
    )
    schema = serializers.DictField(help_text="JSON Schema (draft 2020-12) of `answers`.")


class FormView(KeyView):
    """A project's own questions."""

    scopes = {"GET": READ | WRITE}

    @extend_schema(
        operation_id="get_form",
        summary="Read the project's questions",
        description="Version 0 without questions where the project asks none.",
        responses={200: FormOutput, **READ_ERRORS},
    )
    def get(self, request: Request) -> Response:
        return Response(schema_for(self.key.project_id))

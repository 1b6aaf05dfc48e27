import re

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from core.errors import InvalidInput

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def check_fields(row: models.Model) -> None:
    """Raises InvalidInput, naming the field, unless the row's own fields are valid.

    Relations and constraints stay with the database: an action has locked and checked what they
    need. Text with characters that PostgreSQL cannot hold is refused.
    """
    for column in row._meta.concrete_fields:
        if isinstance(value := getattr(row, column.attname), str) and _UNSTORABLE.search(value):
            raise InvalidInput("This has characters that cannot be stored.", field=column.name)
    skipped = {
        field.name
        for field in row._meta.concrete_fields
        if field.is_relation or (field.null and getattr(row, field.attname) is None)
    }
    try:
        row.full_clean(exclude=skipped, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        name = "" if field == NON_FIELD_ERRORS else field
        raise InvalidInput(" ".join(messages), field=name) from None

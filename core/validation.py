import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from psycopg.errors import UniqueViolation

from core.errors import InvalidInput
from core.text import is_blank

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def check_fields(row: models.Model) -> None:
    """Raises InvalidInput, naming the field, unless the row's own fields are valid.

    Relations and constraints stay with the database: an action has locked and checked what they
    need. Text with characters that PostgreSQL cannot hold is refused, and a line of which nothing
    can be seen.
    """
    for column in row._meta.concrete_fields:
        if isinstance(value := getattr(row, column.attname), str) and _UNSTORABLE.search(value):
            raise InvalidInput("This has characters that cannot be stored.", field=column.name)
        if value and isinstance(column, models.CharField) and is_blank(value):
            raise InvalidInput("Nothing of this can be seen.", field=column.name)
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


@contextmanager
def unless_taken(*constraints: str, message: str, field: str) -> Iterator[None]:
    """Raises InvalidInput for what is saved inside and stands there already.

    The database decides: of two who save at the same instant one is refused as a later one would
    be. ``constraints`` names the unique constraints meant; any other breach is raised as it is.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        cause = error.__cause__
        if isinstance(cause, UniqueViolation) and cause.diag.constraint_name in constraints:
            raise InvalidInput(message, field=field) from None
        raise

from typing import Any

from rest_framework import serializers


class FreeText(serializers.CharField):
    """Text of a person or program, kept as it came; actions drop what cannot be stored.

    Only strings are taken: a number is no text somebody wrote.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        # A stray NUL in a pasted log must not cost the report: core.text.clean_text drops it.
        self.validators = [
            check for check in self.validators if not type(check).__name__.startswith("Prohibit")
        ]

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Take what is plainly right at once: most reports are, and this runs for all of them."""
        if type(data) is str and 0 < len(data) <= (self.max_length or 0):
            return data
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        """Raises ValidationError for anything but a string."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

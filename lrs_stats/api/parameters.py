"""Query parameters: whatever is wrong with one is a 400 that names it."""

from typing import Any, NoReturn

from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from lrs_stats.errors import BadRequest


class Arguments(FlaskParser):
    """Reads parameters by a schema, refuses unknown ones, and raises our own problem."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": RAISE}  # noqa: RUF012 - webargs declares it so

    def handle_error(
        self,
        error: ValidationError,
        req: Any,  # noqa: ARG002 - the signature is webargs'
        schema: Schema,
        *,
        error_status_code: int | None,  # noqa: ARG002
        error_headers: Any,  # noqa: ARG002
    ) -> NoReturn:
        """Raise BadRequest with the first thing that is wrong, and where."""
        messages: Any = error.messages
        while isinstance(messages, dict) and "query" in messages:
            messages = messages["query"]
        name, complaint = next(iter(messages.items()))
        while isinstance(complaint, dict | list):
            complaint = next(iter(complaint.values() if isinstance(complaint, dict) else complaint))
        if complaint == "Unknown field.":
            known = ", ".join(field.data_key or key for key, field in schema.fields.items())
            complaint = f"there is no such parameter. The parameters are: {known}."
        raise BadRequest(f"{name}: {complaint}") from error

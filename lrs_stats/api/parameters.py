"""Query parameters and bodies: whatever is wrong with one is refused, and never a failure here."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from marshmallow import INCLUDE, Schema, ValidationError, missing
from webargs.flaskparser import FlaskParser

from lrs_stats.errors import BadRequest


class Reader(FlaskParser):
    """Reads bodies of JSON that can be kept, and asked for; it refuses all others."""

    def load_json(self, req: Any, schema: Schema) -> Any:
        """Return what a body says; BadRequest for what no text, number or nest can hold."""
        try:
            found = super().load_json(req, schema)
            if found is not missing:
                json.dumps(found, ensure_ascii=False).encode()
        except RecursionError:
            raise BadRequest("body: it is nested too deeply.") from None
        except UnicodeEncodeError:
            raise BadRequest("body: a text has half of a character in it.") from None
        except ValueError:
            raise BadRequest("body: a number has too many digits.") from None
        return found


class Refusing(Reader):
    """Raises our own problem, with the first thing that is wrong, and where."""

    def handle_error(
        self,
        error: ValidationError,
        req: Any,  # noqa: ARG002 - the signature is webargs'
        schema: Schema,  # noqa: ARG002
        *,
        error_status_code: int | None,  # noqa: ARG002
        error_headers: Any,  # noqa: ARG002
    ) -> NoReturn:
        """Raise BadRequest for what a schema does not take."""
        raise BadRequest(self.complaint(error.messages)) from error

    def complaint(self, messages: Any) -> str:
        """Return the first complaint of a nest of them, with its place before it."""
        raise NotImplementedError


class Arguments(Refusing):
    """Reads parameters by a schema.

    Unknown ones are let through, for `options` to take or to refuse.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": INCLUDE}  # noqa: RUF012 - webargs declares it so

    def complaint(self, messages: Any) -> str:
        """Name the parameter, not which of its values it is."""
        while isinstance(messages, dict) and "query" in messages:
            messages = messages["query"]
        name, told = next(iter(messages.items()))
        while isinstance(told, dict | list):
            told = next(iter(told.values() if isinstance(told, dict) else told))
        return f"{name}: {told}"


def options(
    arguments: Mapping[str, Any], schema: type[Schema], taken: Collection[str]
) -> dict[str, str]:
    """Return the parameters that the schema does not know; raise BadRequest for one not taken."""
    fields = {name: field.data_key or name for name, field in schema().fields.items()}
    beside = {name: value for name, value in arguments.items() if name not in fields}
    for name in beside:
        if name not in taken:
            known = ", ".join([*fields.values(), *taken])
            raise BadRequest(
                f"{name[:40]}: there is no such parameter. The parameters are: {known}."
            )
    return beside

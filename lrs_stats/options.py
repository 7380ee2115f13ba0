"""The options of a plugin: a schema that it declares, filled from the settings at start."""

from collections.abc import Mapping
from typing import Any

import msgspec
import msgspec.inspect
import msgspec.json
import msgspec.structs


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set of a plugin; a class declares its own as `Options`, with defaults.

    The settings have them in the table `[options.NAME]`, or in that which `options_table` of the
    class names, when several share one.
    """


def filled(schema: type[Options], given: Mapping[str, Any]) -> Options:
    """Return the options with what the settings give; raise ValueError with what is wrong.

    Texts of the environment are taken for numbers, truths and, as JSON, tables where the schema
    asks for them.
    """
    known = schema.__struct_fields__
    for key in given:
        if key not in known:
            raise ValueError(f"{key} is none of its options, which are {', '.join(known)}")
    try:
        return msgspec.convert(_with_tables(given, schema), schema, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _with_tables(given: Mapping[str, Any], schema: type[Options]) -> dict[str, Any]:
    """Read the JSON of a text where the schema has a table."""
    tables = {
        one.name
        for one in msgspec.structs.fields(schema)
        if isinstance(msgspec.inspect.type_info(one.type), msgspec.inspect.DictType)
    }
    return {
        key: msgspec.json.decode(value) if key in tables and isinstance(value, str) else value
        for key, value in given.items()
    }

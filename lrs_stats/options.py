"""The options of a plugin: a schema that it declares, filled from the settings at start."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set of a plugin; a class declares its own as `Options`, with defaults.

    The settings have them in the table `[options.NAME]`.
    """


def filled(schema: type[Options], given: Mapping[str, Any]) -> Options:
    """Return the options with what the settings give; raise ValueError with what is wrong.

    Texts of the environment are taken for numbers and truths where the schema asks for them.
    """
    known = schema.__struct_fields__
    for key in given:
        if key not in known:
            raise ValueError(f"{key} is none of its options, which are {', '.join(known)}")
    try:
        return msgspec.convert(given, schema, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error

"""The OpenAPI document of the HTTP interface, made from the resources themselves."""

from flask import Flask
from flask_smorest import Api

from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.settings import Settings
from lrs_stats.store.database import unconnected


def document(settings: Settings) -> str:
    """Return the document as YAML; no database is needed."""
    app = wire(Flask("lrs_stats"), parts(settings, unconnected()))
    api: Api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    text: str = api.spec.to_yaml()
    return text

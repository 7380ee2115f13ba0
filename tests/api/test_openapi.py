"""The committed OpenAPI document is the one that the resources make."""

from pathlib import Path

import yaml

from lrs_stats.openapi import document
from lrs_stats.settings import Settings

COMMITTED = Path(__file__).resolve().parents[2] / "openapi.yaml"


def test_openapi_yaml_is_up_to_date() -> None:
    made = document(Settings())
    assert COMMITTED.read_text("utf-8") == made, "Run `make openapi` and commit openapi.yaml."


def test_every_path_says_what_it_is_for() -> None:
    paths = yaml.safe_load(COMMITTED.read_text("utf-8"))["paths"]
    assert {"/api/v1/stats/{granularity}", "/api/v1/roster", "/api/v1/me"} <= paths.keys()
    for path, methods in paths.items():
        for method in methods.keys() & {"get", "put", "post", "delete"}:
            assert methods[method].get("summary"), f"{method} {path} has no summary"

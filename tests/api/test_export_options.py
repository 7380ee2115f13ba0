"""What the caller may have as a file: by their grants, and so that each offer can be taken up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, BinaryIO, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats import Exporter, Need, Reports
from lrs_stats.app import wire
from tests.api.test_stats import ask, basic, bearer, http

__all__ = ["http"]


class Pack(Exporter):
    """Rests on a page that few may see, and says what it lacks."""

    name = "pack"
    title = "Pack"
    media_type = "application/x-pack"
    extension = "zip"
    options: ClassVar[Mapping[str, str]] = {"note": "A text of one's own."}
    needs = (Need("all", "platform"),)

    def warnings(self) -> list[str]:
        return ["The SIRET of the organisation is missing."]

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        stream.write(b"pack")


@pytest.fixture(scope="module")
def offering(http: FlaskClient) -> FlaskClient:
    services = http.application.extensions["services"]
    exporters = {**services.registry.exporters, "pack": Pack()}
    made = replace(services, registry=replace(services.registry, exporters=exporters))
    return wire(Flask("offers", static_folder=None), made).test_client()


def offers(http: FlaskClient, headers: dict[str, str]) -> Any:
    answer = http.get("/api/v1/exports/options", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_an_administrator_may_choose_from_everything(offering: FlaskClient) -> None:
    told = offers(offering, basic("root", "root"))
    names = [one["name"] for one in told["granularities"]]
    assert names[0] == "platform"
    assert names[-2:] == ["connections", "answers"]
    assert all(len(one["filters"]) == 6 for one in told["granularities"])
    formats = {one["name"]: one for one in told["formats"]}
    of_funders = {name for name in formats if name.startswith("opca")}
    assert formats.keys() - of_funders == {
        *("csv", "jsonl", "parquet", "pdf", "png", "svg", "xlsx", "pack")
    }
    assert len(of_funders) == 7
    assert all(formats[name]["granularities"][0] == "enrolments" for name in of_funders)
    assert "SIRET" in " ".join(formats["opca"]["warnings"])
    assert formats["csv"]["granularities"] is None
    assert formats["pack"]["warnings"] == ["The SIRET of the organisation is missing."]
    assert formats["pack"]["options"] == [
        {"name": "note", "description": "A text of one's own.", "choices": None}
    ]
    dialect = {one["name"]: one["choices"] for one in formats["csv"]["options"]}["dialect"]
    assert dialect == ["rfc4180", "french"]


def test_a_learner_may_choose_from_less(http: FlaskClient, offering: FlaskClient) -> None:
    told = offers(offering, bearer(http, "bob"))
    names = [one["name"] for one in told["granularities"]]
    assert "platform" not in names
    assert "groups" not in names
    assert all("group" not in one["filters"] for one in told["granularities"])
    assert "pack" not in {one["name"] for one in told["formats"]}
    assert {"csv", "opca", "opca_logs"} <= {one["name"] for one in told["formats"]}


@pytest.mark.parametrize("who", ["root", "ada"])
def test_every_offer_can_be_taken_up(http: FlaskClient, who: str) -> None:
    """No metric of an offer means nothing, with the filters and the intervals of the offer."""
    headers = basic(who, who) if who == "root" else bearer(http, who)
    for one in offers(http, headers)["granularities"]:
        others = [kind for kind in one["filters"] if kind != "question"]
        taken_up(http, headers, one["name"], one["metrics"], *(f"{kind}=x" for kind in others))
        of_questions = [metric for metric in one["metrics"] if metric["questions"]]
        taken_up(http, headers, one["name"], of_questions, "question=x")
        in_series = [metric for metric in one["metrics"] if metric["series"]]
        for interval in one["intervals"]:
            taken_up(http, headers, one["name"], in_series, f"interval={interval}")


def taken_up(
    http: FlaskClient,
    headers: dict[str, str],
    granularity: str,
    metrics: list[dict[str, Any]],
    *asked: str,
) -> None:
    named = ",".join(metric["name"] for metric in metrics)
    parameters = [*([f"metrics={named}"] if named else []), *asked]
    report = ask(http, f"{granularity}?{'&'.join(parameters)}", headers)
    assert report.get("not_applicable", {}) == {}, (granularity, asked)


def test_nobody_is_told_without_saying_who_they_are(http: FlaskClient) -> None:
    assert http.get("/api/v1/exports/options").status_code == 401

"""Results: scores, success, durations (Data 2.4.5 and 4.6)."""

import json

import pytest

from tests.conformance.lrs import Lrs
from tests.conformance.requirement import everywhere, requirement, statements
from tests.conformance.statements import statement

SCORE = "result.score"
NO_BOOLEANS = ["true", "false", "", 0, 1, [], {}]
NO_NUMBERS = ["1", "", True, False, [], {}]
DURATIONS = [
    "P4W", "PT0S", "P0D", "PT1H30M", "P1Y2M3DT4H5M6S", "PT16559.14S", "PT0,5S", "P1.5D", "PT1.25H",
    "P1Y", "PT36H", "P400D",
]  # fmt: skip
NO_DURATIONS = [
    "", "P", "PT", "P1DT", "5 minutes", "PT5", "P4W1D", "P1D4W", "PT5M3H", "-PT5M", "P-1D", "pt5m",
    "P1S", "PT1Y", "PT1.5M3S", "P0003-06-04T12:30:05", "PT5M/PT6M", "5", 300, {}, [],
]  # fmt: skip

test_success = statements(
    "XAPI-00074",
    "Data 2.4.5",
    "Success is true or false.",
    accepted=everywhere(["result.success"], [True, False]),
    refused=everywhere(["result.success"], NO_BOOLEANS),
)
test_completion = statements(
    "XAPI-00075",
    "Data 2.4.5",
    "Completion is true or false.",
    accepted=everywhere(["result.completion"], [True, False]),
    refused=everywhere(["result.completion"], NO_BOOLEANS),
)
test_response = statements(
    "XAPI-00076",
    "Data 2.4.5",
    "A response is a text.",
    accepted=everywhere(["result.response"], ["bowline", "", "a[,]b"]),
    refused=everywhere(["result.response"], [1, True, {}, [], ["bowline"]]),
)
test_duration = statements(
    "XAPI-00077",
    "Data 2.4.5",
    "A duration is one of ISO 8601.",
    accepted=everywhere(["result.duration"], DURATIONS),
    refused=everywhere(["result.duration"], NO_DURATIONS),
)
test_duration_format = statements(
    "XAPI-00124",
    "Data 4.6",
    "A duration has the form with designators, in which weeks stand alone.",
    accepted=everywhere(["result.duration"], ["P3W", "PT1M", "P1DT12H36M0.12567S"]),
    refused=everywhere(["result.duration"], ["P1W2D", "P00000001T000000", "P0001-01-01"]),
)
test_extensions = statements(
    "XAPI-00078",
    "Data 2.4.5",
    "The extensions of a result are an object.",
    accepted=everywhere(["result.extensions"], [{}, {"a:b": "c"}]),
    refused=everywhere(["result.extensions"], ["a:b", 1, True, [], [{"a:b": 1}]]),
)
test_score = statements(
    "XAPI-00079",
    "Data 2.4.5.1",
    "A score is an object.",
    accepted=everywhere([SCORE], [{}, {"raw": 1}]),
    refused=everywhere([SCORE], ["1", 1, 0.5, True, [], [1], {"value": 1}]),
)
test_max = statements(
    "XAPI-00080",
    "Data 2.4.5.1",
    "The highest possible score is a number above the lowest.",
    accepted=everywhere([SCORE], [{"max": 1e12}, {"min": -1.5, "max": -1.25}, {"max": 0}]),
    refused=everywhere(
        [SCORE],
        [*({"max": one} for one in NO_NUMBERS), {"min": 1, "max": 1}, {"min": 2, "max": 1}],
    ),
)
test_min = statements(
    "XAPI-00081",
    "Data 2.4.5.1",
    "The lowest possible score is a number below the highest.",
    accepted=everywhere([SCORE], [{"min": -1e12}, {"min": 0, "max": 0.5}]),
    refused=everywhere(
        [SCORE],
        [*({"min": one} for one in NO_NUMBERS), {"min": 0, "max": -1}, {"min": 0, "max": 0}],
    ),
)
test_raw = statements(
    "XAPI-00082",
    "Data 2.4.5.1",
    "The score that was reached lies between the lowest and the highest, or on them.",
    accepted=everywhere(
        [SCORE],
        [
            {"raw": -7.25},
            {"raw": 0, "min": 0, "max": 10},
            {"raw": 10, "min": 0, "max": 10},
            {"raw": 3, "min": 2},
            {"raw": 3, "max": 4},
        ],
    ),
    refused=everywhere(
        [SCORE],
        [
            *({"raw": one} for one in NO_NUMBERS),
            {"raw": -0.001, "min": 0, "max": 10},
            {"raw": 10.001, "min": 0, "max": 10},
            {"raw": 1, "min": 2},
            {"raw": 5, "max": 4},
        ],
    ),
)
test_scaled = statements(
    "XAPI-00083",
    "Data 2.4.5.1",
    "A scaled score lies between -1 and 1, or on them.",
    accepted=everywhere([f"{SCORE}.scaled"], [-1, 1, 0, 0.3333333, -1.0]),
    refused=everywhere([f"{SCORE}.scaled"], [*NO_NUMBERS, 1.0000001, -1.0000001, 2, 100]),
)


@requirement("LRS-0006", "Data 4.6", "A duration is never rounded; it may be cut to 0.01 seconds.")
@pytest.mark.parametrize(
    ("sent", "cut"), [("PT0.12567S", "PT0.12S"), ("P1DT36M0.999S", "P1DT36M0.99S")]
)
def test_durations_are_not_rounded(lrs: Lrs, sent: str, cut: str) -> None:
    assert lrs.kept(statement(result={"duration": sent}))["result"]["duration"] in {sent, cut}


@requirement("LRS-0007", "Data 2.4.5.1", "Each number of a score comes back exactly.")
@pytest.mark.parametrize("number", ["0.1", "1e2", "2.50", "12345678901234567890", "-0.0", "1E+3"])
def test_numbers_keep_their_spelling(lrs: Lrs, number: str) -> None:
    sent = f'{{"raw":{number}}}'
    text = json.dumps(statement(result={"score": "HERE"})).replace('"HERE"', sent)
    typed = {"Content-Type": "application/json"}
    (identifier,) = lrs.read(lrs.ask("POST", "statements", body=text.encode(), headers=typed))
    assert sent.encode() in lrs.get("statements", statementId=identifier).data

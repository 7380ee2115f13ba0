"""Statements that real tools send: taken when they are valid, and refused with the place if not."""

import json
from pathlib import Path

import pytest

from lrs_stats.errors import BadRequest
from tests.xapi.statements import prepared

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
VALID = [path for path in sorted(SAMPLES.glob("*.ndjson")) if path.name != "refused.ndjson"]
# RFC 9562 has versions 6 to 8; some servers know the versions 1 to 5 of RFC 4122 only
NEWER_UUID = '"a0b1c2d3-e4f5-6789-abcd-ef0123456789"'

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"There are no samples of real statements in {SAMPLES}."
)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_what_tools_send_is_taken(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    assert [len(prepared(line)) for line in lines] == [1] * len(lines)


def test_what_is_invalid_is_refused_with_its_place() -> None:
    lines = (SAMPLES / "refused.ndjson").read_text("utf-8").splitlines()
    invalid = [json.loads(line) for line in lines if NEWER_UUID not in line]
    assert invalid
    for line in invalid:
        with pytest.raises(BadRequest) as caught:
            prepared(line["statement"])
        place = line["why"].split("; ")[0].split(":")[0]
        assert place in caught.value.detail


def test_a_uuid_of_version_6_is_taken() -> None:
    lines = (SAMPLES / "refused.ndjson").read_text("utf-8").splitlines()
    newer = [json.loads(line)["statement"] for line in lines if NEWER_UUID in line]
    assert [len(prepared(statement)) for statement in newer] == [1]

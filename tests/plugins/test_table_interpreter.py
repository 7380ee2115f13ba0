"""What the table says of verbs whose meaning depends on what stands beside them."""

import pytest

from lrs_stats.registry import build
from lrs_stats.samples import decoded, statements
from lrs_stats.settings import Settings

TABLE = next(one for one in build(Settings()).interpreters if one.name == "table")
ADL = "http://adlnet.gov/expapi/verbs/"
W3ID = "https://w3id.org/xapi/adl/verbs/"


@pytest.mark.parametrize(
    ("verb", "beside", "under"),
    [
        (f"{ADL}initialized", "start", "access"),
        (f"https://www.{ADL.removeprefix('http://')}initialized", "start", "access"),
        (f"{ADL}launched", "start", "start"),
        (f"{ADL}resumed", "start", "start"),
        (f"{ADL}completed", "complete", "heartbeat"),
        (f"{W3ID}satisfied", "complete", "complete"),
        (f"{W3ID}waived", "complete", "complete"),
    ],
)
def test_only_initialized_and_completed_are_about_a_video(
    verb: str, beside: str, under: str
) -> None:
    for category, kind in (("", beside), ("category=https://w3id.org/xapi/video", under)):
        (statement,) = statements(f"09:00 ada {verb} course-1 {category}")
        assert [event.kind for event in TABLE.interpret(decoded(statement)) or []] == [kind]

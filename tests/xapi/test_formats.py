"""The string formats of xAPI."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lrs_stats.xapi import formats

VALID: dict[Callable[[str], bool], list[str]] = {
    formats.is_iri: [
        "http://example.org",
        "course-v1:edX+DemoX+Demo_Course",
        "urn:uuid:0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e",
        "android-app://org.example/x",
        "tag:example.org,2026:été",
        "mailto:anna@example.org",
    ],
    formats.is_mbox: ["mailto:anna@example.org", "mailto:a+b@localhost"],
    formats.is_uuid: [
        "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e",
        "0AEED4F8-7D4C-4A8A-8F1A-3C1D3B2F6F4E",
        "1ef21d2f-1207-6660-8c4f-419efbd44d48",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
        "00000000-0000-0000-0000-000000000000",
    ],
    formats.is_duration: [
        "P4W",
        "P3Y",
        "PT4H35M59.14S",
        "P3Y1M29DT4H35M59.14S",
        "PT1.5H",
        "P0,5Y",
        "PT0S",
        "PT12.3456789S",
    ],
    formats.is_language_tag: [
        "fr",
        "tlh",
        "en-US",
        "es-419",
        "zh-Hans-CN",
        "sr-Latn-RS",
        "zh-cmn-Hans-CN",
        "sl-rozaj-biske",
        "de-DE-1996",
        "en-u-ca-gregory-x-twain",
        "x-whatever",
        "i-klingon",
        "EN-GB-OED",
    ],
    formats.is_sha1: ["da39a3ee5e6b4b0d3255bfef95601890afd80709", "A" * 40],
    formats.is_sha2: ["0" * 56, "a" * 64, "B" * 96, "9" * 128],
    formats.is_media_type: ["text/plain", "text/plain; charset=ascii", "image/svg+xml"],
}
INVALID: dict[Callable[[str], bool], list[str]] = {
    formats.is_iri: [
        "",
        "example.org/page",
        "/page",
        "438AD672-DE2C-4F0B-8876-35444E7DD746",
        "ab=c://example.org",
        "1http://example.org",
        "http://example.org/a b",
        "http://example.org/\n",
        "http://example.org/\x00",
        "http:",
        "mailto:example.org",
        "MAILTO:example.org",
    ],
    formats.is_mbox: [
        "",
        "anna@example.org",
        "mailto:",
        "mailto:false",
        "mailto:@example.org",
        "mailto:anna@",
        "mailto:a@b,c@d",
        "mailto:anna @example.org",
        "MAILTO:anna@example.org",
        "mailto:anna@example.org\n",
    ],
    formats.is_uuid: [
        "",
        "0aeed4f87d4c4a8a8f1a3c1d3b2f6f4e",
        "{0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e}",
        "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e8",
        "maeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e",
        "\u0660aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e",
        "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e\n",
    ],
    formats.is_duration: [
        "",
        "P",
        "PT",
        "P4W1D",
        "P1YT",
        "PT1.5H1M",
        "PA1H0M0S",
        "-P1D",
        "1H",
        "P1H",
        "PT1D",
        "pt1h",
        "PT1S\n",
        "P2026-01-02T03:04:05",
    ],
    formats.is_language_tag: [
        "",
        "a",
        "something",
        "a12345",
        "a12345678",
        "en_US",
        "en-",
        "en-a-bb-a-cc",
        "sl-rozaj-rozaj",
        "und-x",
        "en\n",
    ],
    formats.is_sha1: ["", "a" * 39, "g" * 40, "a" * 41],
    formats.is_sha2: ["", "a" * 40, "a" * 65, "z" * 64],
    formats.is_media_type: ["", "text", "text/", "should fail"],
}


@pytest.mark.parametrize(
    ("check", "text"), [(check, text) for check, texts in VALID.items() for text in texts]
)
def test_valid(check: Callable[[str], bool], text: str) -> None:
    assert check(text)


@pytest.mark.parametrize(
    ("check", "text"), [(check, text) for check, texts in INVALID.items() for text in texts]
)
def test_invalid(check: Callable[[str], bool], text: str) -> None:
    assert not check(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02t03:04:05z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+01:00", datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+0100", datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05-01", datetime(2026, 1, 2, 4, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+00:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05-00:30", datetime(2026, 1, 2, 3, 34, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("20260102T030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.1Z", datetime(2026, 1, 2, 3, 4, 5, 100_000, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123456789Z", datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        ("2060-12-31T23:59:60Z", datetime(2060, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2060-12-31T23:59:60.5Z", datetime(2060, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_timestamp_is_read_as_utc(text: str, instant: datetime) -> None:
    assert formats.parse_timestamp(text) == instant
    assert formats.parse_timestamp(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-02",
        "2026-01-02 03:04:05Z",
        "01/011/2015",
        "2026-02-30T03:04:05Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:61Z",
        "2008-09-15T15:53:00.601-00",
        "2008-09-15T15:53:00.601-0000",
        "2008-09-15T15:53:00.601-00:00",
        "2026-01-02T03:04:05+25:00",
        "0001-01-01T00:00:00+10:00",
        "2026-01-02T03:04:05Z\n",
        "٢٠٢٦-01-02T03:04:05Z",
        "1767323045",
    ],
)
def test_timestamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"timestamp|no such"):
        formats.parse_timestamp(text)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC), "2026-01-02T03:04:05.678Z"),
        (
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1))),
            "2026-01-02T02:04:05.000Z",
        ),
    ],
)
def test_timestamp_is_written_with_milliseconds(instant: datetime, text: str) -> None:
    assert formats.format_timestamp(instant) == text


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("PT0S", 0),
        ("PT1H30M", 5_400),
        ("PT12,5S", 12.5),
        ("P4W", 28 * 86_400),
        ("P1Y", 365 * 86_400),
        ("P1M", 30 * 86_400),
        ("P1DT1M", 86_460),
    ],
)
def test_duration_in_seconds(duration: str, seconds: float) -> None:
    assert formats.seconds_of(duration) == seconds


def test_seconds_of_no_duration() -> None:
    with pytest.raises(ValueError, match="P4W1D"):
        formats.seconds_of("P4W1D")

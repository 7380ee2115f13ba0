"""Packed files: all that comes before a damage is taken, and the damage is told."""

import gzip
import io
import json
import random
import zlib
from pathlib import Path

import pytest

from lrs_stats.transfer.files import UNPACKING, Files
from lrs_stats.transfer.unpacking import Unpacked
from tests.transfer.test_importing import as_lines, statement

CHANCE = random.Random(7)
LINES = [
    json.dumps(statement(number, note=CHANCE.randbytes(100).hex())).encode()
    for number in range(1, 1_201)
]
TEXT = as_lines(LINES)
PACKED = gzip.compress(TEXT)


def unpacked(data: bytes, size: int = 1 << 20) -> tuple[bytes, bool]:
    raw = Unpacked(io.BytesIO(data))
    return io.BufferedReader(raw, size).read(), raw.is_damaged


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
@pytest.mark.parametrize(
    "data",
    [
        PACKED[:20_000],
        PACKED[:-20],
        PACKED[:-8] + b"12345678",
        PACKED[:-4],
        PACKED + b"what is this",
        PACKED[:150_000] + b"\xff" * 9 + PACKED[150_009:],
    ],
    ids=["cut", "end cut", "wrong sum", "no size", "more behind", "broken inside"],
)
def test_what_comes_before_a_damage_is_read(data: bytes, size: int) -> None:
    if size == 1 and len(data) > 50_000:
        size = 7_000
    found, is_damaged = unpacked(data, size)
    assert is_damaged
    member = zlib.decompressobj(31)
    whole = bytearray()
    try:
        for at in range(len(data)):
            whole += member.decompress(data[at : at + 1])
    except zlib.error:
        pass
    assert found == whole
    assert len(found) > 20_000


@pytest.mark.parametrize(
    "data", [PACKED, PACKED + PACKED, PACKED + b"\0" * 99, gzip.compress(b"") + PACKED]
)
def test_members_may_follow_one_another(data: bytes) -> None:
    found, is_damaged = unpacked(data)
    assert not is_damaged
    assert found == gzip.decompress(data)


def test_one_damaged_file_of_a_folder_is_told_and_the_others_are_taken(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson.gz").write_bytes(PACKED[:-20])
    (tmp_path / "b.ndjson.gz").write_bytes(PACKED[:-8] + b"12345678")
    (tmp_path / "c.json.gz").write_bytes(b"\x1f\x8b" + b"not so" * 9)
    (tmp_path / "d.json.gz").write_bytes(gzip.compress(LINES[0]))
    found = list(Files(tmp_path).pieces({}))
    good = [one.source for one in found if not one.piece.reason and one.piece.raw in LINES]
    assert good.count("a.ndjson.gz") > 1_190
    assert (good.count("b.ndjson.gz"), good.count("d.json.gz")) == (1_200, 1)
    damaged = {one.source: one.piece.line for one in found if one.piece.reason == UNPACKING}
    assert damaged.keys() == {"a.ndjson.gz", "b.ndjson.gz", "c.json.gz"}
    assert (damaged["b.ndjson.gz"], damaged["c.json.gz"]) == (1_201, 1)

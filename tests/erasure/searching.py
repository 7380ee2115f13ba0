"""Looking for a text everywhere: in every collection of a database, in every file of a folder."""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from lrs_stats.facts.by_learner import FOLDER
from lrs_stats.store.database import Database, Document


def found(database: Database[Document], folder: Path, *texts: str) -> list[str]:
    """Return where one of some texts stands, in whatever case: collections, and files."""
    wanted = [text.lower().encode() for text in texts]
    places = [
        f"{name}: {document}"[:600]
        for name in database.list_collection_names()
        for document in database[name].find()
        if any(one in said for said in map(bytes.lower, _bytes(document)) for one in wanted)
    ]
    for file in (path for path in folder.rglob("*") if path.is_file()):
        said = [content.lower() for content in _contents(file)]
        if any(one in content for content in said for one in wanted):
            places.append(str(file.relative_to(folder)))
    return places


def _bytes(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield str(name).encode()
            yield from _bytes(one)
    elif isinstance(value, list):
        for one in value:
            yield from _bytes(one)
    elif isinstance(value, bytes):
        yield bytes(value)
        try:
            yield zlib.decompress(value)  # as the roster is kept
        except zlib.error:
            return
    else:
        yield str(value).encode()


def _pieces(content: bytes) -> Iterator[bytes]:
    """Yield the compressed pieces with which a file of events by learner begins."""
    piece = zlib.decompressobj()
    while content[:1] == b"\x78":
        yield piece.decompress(content)
        content, piece = piece.unused_data, zlib.decompressobj()


def _contents(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, and what a compressed table holds."""
    content = file.read_bytes()
    yield content
    if file.parent.name == FOLDER:
        yield from _pieces(content)
    elif file.suffix == ".parquet":
        yield str(pl.read_parquet(io.BytesIO(content)).to_dicts()).encode()

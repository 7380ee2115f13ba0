"""What is packed with gzip, unpacked as far as it can be."""

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from typing_extensions import Buffer

GZIP: Final = b"\x1f\x8b"
CHUNK: Final = 1 << 16
_WITH_HEADER: Final = 31


class Unpacked(io.RawIOBase):
    """Reads the members of a package, one after the other; ends where it is damaged.

    All that can be unpacked before the damage is read, and `is_damaged` says whether there was any.
    """

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._member = zlib.decompressobj(_WITH_HEADER)
        self._input = b""
        self._output = b""
        self.is_damaged = False

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        """Unpack into a buffer, and return how many bytes; 0 is the end."""
        with memoryview(buffer).cast("B") as view:
            while not self._output and not self.is_damaged:
                if self._input or self._refill():
                    self._unpack(len(view))
                elif not self._output:
                    return 0
            given = self._output[: len(view)]
            view[: len(given)] = given
        self._output = self._output[len(given) :]
        return len(given)

    def _refill(self) -> bool:
        """Read what is packed; begin another member where one has ended."""
        if not self._member.eof:
            self._input = self._packed.read(CHUNK)
            if not self._input:  # but for what it holds back when there was no room
                self._output = self._member.decompress(b"") + self._member.flush()
                self.is_damaged = not self._member.eof
            return bool(self._input)
        self._input = self._member.unused_data.lstrip(b"\0")  # which may pad it
        while not self._input:
            chunk = self._packed.read(CHUNK)
            if not chunk:
                return False
            self._input = chunk.lstrip(b"\0")
        self._member = zlib.decompressobj(_WITH_HEADER)
        return True

    def _unpack(self, most: int) -> None:
        before = self._member.copy()
        try:
            self._output = self._member.decompress(self._input, most)
        except zlib.error:
            self._output = _until_damage(before, self._input)
            self.is_damaged = True
        is_over = self.is_damaged or self._member.eof
        self._input = b"" if is_over else self._member.unconsumed_tail


def _until_damage(member: "zlib._Decompress", packed: bytes) -> bytes:
    """Return what comes out of a piece before its damage, with which zlib drops it."""
    found = bytearray()
    try:
        for at in range(len(packed)):
            found += member.decompress(packed[at : at + 1])
    except zlib.error:
        pass
    return bytes(found)

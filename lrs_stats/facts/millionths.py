"""What figures are added up in, so that their sum does not depend on the order of rows."""

from typing import Final

MILLIONTHS: Final = 1_000_000

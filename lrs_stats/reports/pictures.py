"""Drawing charts and setting pages, each in a process of its own.

The libraries hold up every thread while they work, and one ends its process when it fails;
neither may happen where statements are taken.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import structlog

from lrs_stats.reports.exporter import CannotRender

VEGA_LITE: Final = "5.21"
SECONDS: Final = 60
DRAW: Final = f"""
import json, sys, vl_convert
form, spec = json.load(sys.stdin)
if form == "svg":
    sys.stdout.buffer.write(vl_convert.vegalite_to_svg(spec, vl_version={VEGA_LITE!r}).encode())
else:
    drawn = vl_convert.vegalite_to_png(spec, vl_version={VEGA_LITE!r}, scale=2)
    sys.stdout.buffer.write(drawn)
"""
SET: Final = """
import datetime, json, sys, typst
form, source, data, at = json.load(sys.stdin)
inputs, at = {"data": data}, datetime.datetime.fromisoformat(at)
asked = {"format": form, "sys_inputs": inputs, "timestamp": at}
source = source.encode()
try:
    made = typst.compile(source, pdf_standards=["a-3a"], **{**asked, "format": "pdf"})
except typst.TypstError as error:
    if "PDF/A" not in str(error):
        raise
    inputs["unreadable"] = "yes"
    made = None
if form != "pdf" or made is None:
    made = typst.compile(source, ppi=144, **asked)
sys.stdout.buffer.write(made if isinstance(made, bytes) else b"".join(made))
"""

_log = structlog.get_logger()

Form = Literal["svg", "png"]


def drawn(spec: Mapping[str, Any], form: Form) -> bytes:
    """Return the picture of a Vega-Lite specification, at twice the size of a screen's as PNG.

    Raises CannotRender when it cannot be drawn, or not in a minute.
    """
    return _run(DRAW, [form, spec], "picture")


def typeset(
    source: str, data: Mapping[str, Any], form: Literal["pdf", "svg", "png"], *, at: datetime
) -> bytes:
    """Return what a Typst source makes of data, which it finds as JSON in `sys.inputs.data`.

    A PDF is PDF/A-3a, dated `at`. Where the server has no font for a character, `sys.inputs` has
    `unreadable`, so that the source can say so, and a PDF is an ordinary one.
    """
    return _run(
        SET,
        [form, source, json.dumps(data, ensure_ascii=False), at.isoformat(timespec="seconds")],
        "page",
    )


def _run(program: str, given: list[Any], what: str) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", program],
            input=json.dumps(given).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotRender(f"The {what} takes longer than {SECONDS} s to make.") from error
    except subprocess.CalledProcessError as error:
        _log.error("drawing failed", what=what, why=error.stderr.decode(errors="replace")[-2000:])
        raise CannotRender(f"The {what} cannot be made; ask for the CSV.") from error
    return done.stdout

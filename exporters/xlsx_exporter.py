"""An Excel workbook: the rows as typed cells, and a sheet that says what they speak of.

Numbers, dates and durations are values with a format, never texts. Instants are times of the
report's zone, since a workbook knows none. Texts are texts, whatever they begin with.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from math import isfinite
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, BinaryIO, ClassVar, Final, cast
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from lrs_stats import CannotRender, Column, Exporter, Report, Reports, hookimpl, wording

ROWS: Final = 1_048_576
"""The rows of a sheet of Excel, of which one is the header."""
CHARACTERS: Final = 32_767
"""Those of a cell."""
EARLIEST: Final = 1901
"""The first year whose days all programs count alike; a day before it is written as a text."""
DAY: Final = 86_400
FORMATS: Final = {
    "seconds": "[hh]:mm:ss",
    "percent": "0.0",
    "count": "#,##0",
    "date": "yyyy-mm-dd",
    "instant": "yyyy-mm-dd hh:mm:ss",
}
WIDTHS: Final = {"string": 28, "instant": 20, "date": 12}


class XlsxExporter(Exporter):
    """Writes a report as a workbook."""

    name = "xlsx"
    title = "Excel"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    extension = "xlsx"
    options = MappingProxyType({"lang": "The language of titles."})
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({"lang": ("en", "fr")})

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write the rows to a temporary file, row by row, and then the workbook."""
        report, lang = reports.asked, self.chosen("lang", options)
        if report.count >= ROWS:
            raise CannotRender(
                f"An Excel sheet holds {ROWS - 1:,} rows, and this report has {report.count:,}. "
                "Ask for CSV or Parquet, or for less with filters or a period."
            )
        with TemporaryDirectory(prefix="lrs-stats-xlsx-") as folder:
            book = Workbook(stream, {"constant_memory": True, "tmpdir": folder, "use_zip64": True})
            try:
                _Book(book, report, cast("wording.Language", lang)).fill()
            except BaseException:
                for sheet in book.worksheets():
                    sheet.row_data_fh.close()  # which only a finished workbook does by itself
                raise
            book.close()


class _Exact(float):
    """A number that is written with all its digits; XlsxWriter would leave out the last."""

    def __format__(self, _: str) -> str:
        return float.__repr__(self)


class _Book:
    """A workbook that is being filled."""

    def __init__(self, book: Workbook, report: Report, lang: wording.Language) -> None:
        book.set_properties({"title": wording.heading(report, lang), "created": report.as_of})
        self._book = book
        self._report = report
        self._lang = lang
        self._zone = ZoneInfo(report.timezone)
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        kinds = {name: book.add_format({"num_format": text}) for name, text in FORMATS.items()}
        self._formats = [kinds.get(one.unit) or kinds.get(one.type) for one in report.columns]

    def fill(self) -> None:
        """Write both sheets."""
        rows = self._book.add_worksheet(self._said("Rows"))
        about = self._book.add_worksheet(self._said("About"))
        self._write_rows(rows)
        self._write_about(about)

    def _write_rows(self, sheet: Worksheet) -> None:
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._report.columns):
            sheet.set_column(place, place, WIDTHS.get(column.type, 14))
            sheet.write_string(0, place, wording.title(column, self._lang), self._bold)
        columns = self._report.columns
        writers = [self._writer(sheet, place, column) for place, column in enumerate(columns)]
        number = 0
        for batch in self._report.batches:
            for row in batch.iter_rows():
                number += 1
                for write, value in zip(writers, row, strict=True):
                    if value is not None:
                        write(number, value)
        sheet.autofilter(0, 0, number, len(columns) - 1)

    def _writer(self, sheet: Worksheet, place: int, column: Column) -> Callable[[int, Any], None]:
        """Return what writes a value of one column into a row."""
        form = self._formats[place]

        def write(row: int, value: Any) -> None:
            match value:
                case bool():
                    sheet.write_boolean(row, place, value)
                case str():
                    sheet.write_string(row, place, self._text(value, row, column))
                case datetime():
                    self._write_moment(sheet, row, place, value.astimezone(self._zone), form)
                case date():
                    self._write_moment(sheet, row, place, value, form)
                case _ if not isfinite(value):
                    sheet.write_string(row, place, str(value))
                case _:
                    sheet.write_number(row, place, _number(value, column), form)

        return write

    @staticmethod
    def _write_moment(sheet: Worksheet, row: int, place: int, value: date, form: Any) -> None:
        if value.year < EARLIEST:
            sheet.write_string(row, place, value.isoformat())
        elif isinstance(value, datetime):
            sheet.write_datetime(row, place, value.replace(tzinfo=None), form)
        else:
            sheet.write_datetime(row, place, value, form)

    def _text(self, text: str, row: int, column: Column) -> str:
        if len(text.encode("utf-16-le")) // 2 > CHARACTERS:
            raise CannotRender(
                f"Row {row} has more than {CHARACTERS:,} characters in {column.title}, the most "
                "that a cell of Excel holds. Ask for the CSV."
            )
        return text

    def _write_about(self, sheet: Worksheet) -> None:
        """Write what the rows speak of, and their totals."""
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 60)
        sheet.write_string(0, 0, wording.heading(self._report, self._lang), self._bold)
        for row, (name, text) in enumerate(self._told(), start=1):
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 1, text)
        row = len([*self._told()]) + 2
        sheet.write_string(row, 0, self._said("Total"), self._bold)
        totals = [(place, one) for place, one in enumerate(self._report.columns)
                  if self._report.totals.get(one.name) is not None]  # fmt: skip
        for line, (place, column) in enumerate(totals, start=row + 1):
            sheet.write_string(line, 0, wording.title(column, self._lang))
            value = self._report.totals[column.name]
            self._write_total(sheet, line, place, value)

    def _write_total(self, sheet: Worksheet, row: int, place: int, value: Any) -> None:
        column, form = self._report.columns[place], self._formats[place]
        if isinstance(value, datetime):
            self._write_moment(sheet, row, 1, value.astimezone(self._zone), form)
        else:
            sheet.write_number(row, 1, _number(value, column), form)

    def _told(self) -> Iterator[tuple[str, str]]:
        report = self._report
        bounds = {"From": report.start, "To": report.end}
        for name, at in bounds.items():
            yield self._said(name), self._moment(at) if at else self._said("open")
        yield self._said("Filters"), wording.filters(report, self._lang) or self._said("none")
        yield self._said("Time zone"), report.timezone
        yield self._said("Every statement counted up to"), self._moment(report.as_of)
        yield self._said("Rows"), str(report.count)
        for sentence in (*report.failed.values(), *report.not_applicable.values()):
            yield self._said("Notes"), sentence

    def _moment(self, at: datetime) -> str:
        return at.astimezone(self._zone).isoformat(" ")

    def _said(self, text: str) -> str:
        return wording.said(text, self._lang)


def _number(value: float, column: Column) -> float:
    """Return a figure as Excel has it: durations in days."""
    if column.unit == "seconds":
        return _Exact(value / DAY)
    return value if isinstance(value, int) else _Exact(value)


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [XlsxExporter]

"""Write the table of requirements and tests: `python -m tests.conformance`."""

from tests.conformance.coverage import PAGE, page

PAGE.write_text(page(), "utf-8")

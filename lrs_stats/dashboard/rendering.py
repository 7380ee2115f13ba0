"""Templates, filled in the language of a visit, with the headers that every page has."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from lrs_stats.dashboard import charts, links, pages
from lrs_stats.dashboard.address import api_path, path_of
from lrs_stats.dashboard.assets import LIBRARY, Assets
from lrs_stats.dashboard.formatting import Wording
from lrs_stats.dashboard.language import LANGUAGES, catalogue
from lrs_stats.dashboard.sentences import said
from lrs_stats.dashboard.spans import presets
from lrs_stats.reports.query import INTERVALS
from lrs_stats.reports.wording import NUMBERS, times

FRAGMENT: Final = "X-Fragment"
"""The header with which a script asks for a part of a page, to put it into one."""


class Rendering:
    """Fills templates; one for all requests."""

    def __init__(self, assets: Assets, embedding: str, zone: ZoneInfo) -> None:
        """Take the files that pages load, the origins that may show pages in a frame, the zone."""
        self._assets = assets
        self._zone = zone
        self._environments: dict[str, Environment] = {}
        ancestors = " ".join(embedding.split()) or "'none'"
        self._policy = "; ".join(
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self' data:",
                "connect-src 'self'",
                "font-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                f"frame-ancestors {ancestors}",
            ]
        )

    def prepare(self) -> None:
        """Compile all templates, so that nobody waits for it with the first page of a process."""
        for language in LANGUAGES:
            made = self._environment(Wording(language, self._zone, catalogue(language)))
            for name in made.list_templates():
                made.get_template(name)

    def headed(self, response: Response) -> Response:
        """Give an answer the headers of pages; files that are kept for good have their own."""
        response.headers.setdefault("Content-Security-Policy", self._policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("Cookie", "Accept-Language"))
        return response

    def page(
        self, template: str, wording: Wording, *, status: int = 200, **values: Any
    ) -> Response:
        """Return a page, or its part alone when a script asks for it."""
        is_part = FRAGMENT in request.headers
        filled: dict[str, Any] = {
            "layout": "part.html" if is_part else "layout.html",
            "wording": wording,
        }
        filled["formats"] = {"number": NUMBERS[wording.language], "time": times(wording.language)}
        here = request.full_path.rstrip("?")
        text = self._environment(wording).get_template(template).render(filled | values, here=here)
        return Response(text, status, content_type="text/html; charset=utf-8")

    def _environment(self, wording: Wording) -> Environment:
        """Return the templates of a language, which are compiled once."""
        if wording.language not in self._environments:
            self._environments[wording.language] = self._made(wording)
        return self._environments[wording.language]

    def _made(self, wording: Wording) -> Environment:
        made = Environment(
            autoescape=True,
            loader=PackageLoader("lrs_stats.dashboard"),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.install_gettext_translations(wording.texts, newstyle=True)  # type: ignore[attr-defined]
        made.filters["text"] = wording.text
        made.filters["said"] = partial(said, wording)
        made.globals |= self._globals()
        return made

    def _globals(self) -> Mapping[str, Any]:
        return {
            "asset": self._assets.address,
            "library": self._assets.address(LIBRARY),
            "languages": LANGUAGES,
            "api_path": api_path,
            "path_of": path_of,
            "chart": charts.chart,
            "tips": charts.tips,
            "cell_link": links.cell_link,
            "file_parameters": links.file_parameters,
            "row_explain": links.row_explain,
            "export_link": links.export_link,
            "picture": links.picture,
            "presets": presets,
            "steps": list(INTERVALS),
            "explain_link": links.explain_link,
            "head_titles": pages.HEADS,
        }

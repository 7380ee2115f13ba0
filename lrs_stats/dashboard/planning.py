"""The page on which files that come again and again are planned, and on which a plan is changed.

It is one form, which works without scripts: each search for people sends it, and it comes back
with what was found and all that was typed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from flask import redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.api import schedules
from lrs_stats.api.ordering import read
from lrs_stats.dashboard.choosing import named
from lrs_stats.dashboard.exporting import GRANULARITIES, question, ways
from lrs_stats.dashboard.links import ORDERS
from lrs_stats.dashboard.pages import N_
from lrs_stats.dashboard.recipients import finder
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.spans import DAY
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import BadRequest
from lrs_stats.reports.query import FILTERS
from lrs_stats.store.schedules import Schedule

UNITS: Final = {"days": N_("days"), "weeks": N_("weeks"), "months": N_("months")}
FIELDS: Final = {"from": "first", "to": "recipients", "mail": "way"}
"""What the form calls some of the fields of the API; the others have their names."""
TYPED: Final = ("title", "every", "unit", "first", "until", "at", "folder", "ids", "find")


@dataclass(frozen=True)
class Draft:
    """What the form says, as it was typed."""

    title: str
    every: str
    unit: str
    first: str
    until: str
    at: str
    folder: str
    recipients: tuple[str, ...]
    way: tuple[str, ...]
    ids: str = ""
    find: str = ""

    @classmethod
    def sent(cls, form: "MultiDict[str, str]") -> Self:
        """Return what was sent."""
        said: dict[str, Any] = {name: form.get(name, "").strip() for name in TYPED}
        several = {name: tuple(form.getlist(name)) for name in ("recipients", "way")}
        return cls(**said | several)

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        """Return a schedule as the form shows it first."""
        is_used = {"mail": schedule.mail, "folder": schedule.folder is not None}
        return cls(
            title=schedule.title,
            every=str(schedule.every),
            unit=schedule.unit,
            first=schedule.first,
            until=schedule.until or "",
            at=schedule.at,
            folder=schedule.folder or ".",
            recipients=schedule.recipients,
            way=tuple(name for name, used in is_used.items() if used),
        )

    @property
    def period(self) -> str:
        """Return the period of each file: as long as from one to the next."""
        return f"last_{self.every}_{self.unit}"

    @property
    def to(self) -> list[str]:
        """Return for whom it is, those who were chosen first; BadRequest when it is nobody."""
        found = list(dict.fromkeys([*self.recipients, *self.ids.split()]))
        if not found:
            raise BadRequest("to: Choose somebody.")
        return found

    def body(self) -> dict[str, Any]:
        """Return it as the API takes a schedule, but for what the files hold."""
        return {
            "title": self.title,
            "every": self.every,
            "unit": self.unit,
            "from": self.first,
            "until": self.until or None,
            "at": self.at,
            "to": self.to,
            "mail": "mail" in self.way,
            "folder": (self.folder or ".") if "folder" in self.way else None,
        }


@dataclass(frozen=True)
class Wrong:
    """What is wrong with the form: with which field, if it is with one, and how."""

    field: str = ""
    text: str = ""

    @classmethod
    def of(cls, problem: BadRequest) -> Self:
        """Return what the API said; a sentence of it begins with the place."""
        place, _, text = problem.detail.partition(": ")
        name = place.partition(".")[0].partition(",")[0]
        field = FIELDS.get(name, name)
        is_shown = field in {*TYPED, "recipients", "way"}
        return cls(field, text) if is_shown else cls("", problem.detail)


def new(visit: Visit, rendering: Rendering) -> AnyResponse:
    """Answer the form for a schedule of what an address asks for."""
    draft = Draft(
        title="",
        every="1",
        unit="months",
        first=(visit.today + DAY).isoformat(),
        until="",
        at="06:00",
        folder=".",
        recipients=() if visit.caller.person is None else (visit.caller.id,),
        way=tuple(name for name, _ in ways(visit)[:1]),
    )
    return _Form(visit, rendering, question(visit)).page(draft)


def plan(visit: Visit, rendering: Rendering) -> AnyResponse:
    """Make a schedule of what was filled in, or show the form again."""
    ask = {n: v for n, v in question(visit).items() if n not in {"from", "to"}}

    def save(draft: Draft) -> None:
        body = draft.body() | {"ask": ask | {"period": draft.period}}
        schedules.created(visit.services, read(schedules.NewScheduleSchema(), body))

    return _Form(visit, rendering, ask).taken(save)


def edit(visit: Visit, rendering: Rendering, schedule_id: str) -> AnyResponse:
    """Answer the form for a schedule of one's own."""
    found = schedules.own(visit.services, visit.caller, schedule_id)
    return _Form(visit, rendering, _asked(found), found).page(Draft.of(found))


def change(visit: Visit, rendering: Rendering, schedule_id: str) -> AnyResponse:
    """Change a schedule as it was filled in, or show the form again."""
    found = schedules.own(visit.services, visit.caller, schedule_id)

    def save(draft: Draft) -> None:
        body = draft.body()
        if found.period == Draft.of(found).period:
            body["ask"] = _asked(found) | {"period": draft.period}
        schedules.changed(visit.services, found.id, read(schedules.CHANGES, body))

    return _Form(visit, rendering, _asked(found), found).taken(save)


@dataclass(frozen=True)
class _Form:
    """The form for a schedule that is there, or for a new one; `ask` is what its files hold."""

    visit: Visit
    rendering: Rendering
    ask: Mapping[str, Any]
    schedule: Schedule | None = None

    def taken(self, save: Callable[[Draft], None]) -> AnyResponse:
        """Save what was sent; answer the form again after a search, or with what is wrong.

        A name that was typed and not looked for yet is looked for, whichever button was pressed.
        """
        draft = Draft.sent(request.form)
        is_new = draft.find != request.form.get("found", "")
        if request.form.get("do") == "find" or (draft.find and is_new):
            return self.page(draft)
        try:
            save(draft)
        except BadRequest as problem:
            return self.page(draft, Wrong.of(problem))
        return redirect(f"{ORDERS}#schedules", 303)

    def page(self, draft: Draft, wrong: Wrong | None = None) -> AnyResponse:
        """Answer the form with what was typed, and what is wrong with it."""
        visit, wording, is_new = self.visit, self.visit.wording, self.schedule is None
        return self.rendering.page(
            "schedule.html",
            wording,
            status=200 if wrong is None else 400,
            visit=visit,
            title=wording.text(N_("Again and again") if is_new else N_("Change a schedule")),
            place=str(visit.address),
            draft=draft,
            wrong=wrong or Wrong(),
            what=self._what,
            filters=named(visit, {one: self.ask[one] for one in FILTERS if self.ask.get(one)}),
            period=self._period,
            people=finder(visit, draft.recipients, draft.find),
            units=list(UNITS.items()),
            ways=ways(visit),
        )

    @property
    def _what(self) -> list[str]:
        """Return what the files hold, and in which format."""
        granularity, known = self.ask["granularity"], self.visit.services.registry.exporters
        exporter, text = known.get(self.ask["format"]), self.visit.wording.text
        return [
            text(GRANULARITIES.get(granularity, granularity)),
            self.ask["format"] if exporter is None else text(exporter.title),
        ]

    @property
    def _period(self) -> str:
        """Return about which period each file is, in words; of one that was asked for, its name."""
        text = self.visit.wording.text
        if self.schedule is None or self.schedule.period == Draft.of(self.schedule).period:
            return text(N_("the whole days, weeks or months before it"))
        if self.schedule.period:
            return self.schedule.period
        start, end = self.ask.get("from", ""), self.ask.get("to", "")
        return f"{start or '…'} – {end or '…'}" if start or end else text(N_("All time"))


def _asked(schedule: Schedule) -> dict[str, Any]:
    """Return what the files of a schedule hold, as the API is asked for it."""
    ask: dict[str, Any] = schedules.document(schedule)["ask"]
    return ask

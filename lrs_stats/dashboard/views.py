"""The addresses of the pages: each view says what it shows, in a few lines."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Final
from urllib.parse import unquote

from flask import Blueprint, Flask, redirect
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats.access.callers import EVERYTHING
from lrs_stats.api.asking import Entity, asked, entity
from lrs_stats.api.auditing import counted
from lrs_stats.dashboard import (
    choosing,
    explaining,
    exporting,
    failing,
    operating,
    ordering,
    planning,
    signing,
)
from lrs_stats.dashboard.address import path_of
from lrs_stats.dashboard.assets import FOLDER, Assets
from lrs_stats.dashboard.pages import HEADS, MENU, ONE, Block, Page, block_of, opened
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.showing import heads, shown
from lrs_stats.dashboard.spans import corrected, presets
from lrs_stats.dashboard.visiting import Visit, visit
from lrs_stats.errors import NotFound, Problem
from lrs_stats.services import Services

Clock = Callable[[], datetime]
NAME: Final = "dashboard"


def blueprint(services: Services, clock: Clock = lambda: datetime.now(UTC)) -> Blueprint:
    """Return the pages, and what they load."""
    views = Blueprint(NAME, __name__)
    assets = Assets(services.settings.data)
    rendering = Rendering(assets, services.settings.page_origins, services.settings.zone)
    views.after_request(rendering.headed)
    failing.on(views, services, rendering)
    signing.on(views, services, rendering, clock)
    views.add_url_rule(f"{FOLDER}/<hashed>/<name>", "asset", assets.answer)
    for method, answers in (("GET", ANSWERS), ("POST", FORMS)):
        for path, answer in answers.items():
            view = _view(services, rendering, clock, answer)
            views.add_url_rule(path, f"{method} {path}", view, methods=[method])
    ready = partial(_prepare, services, rendering, clock)
    views.record_once(lambda state: state.app.extensions.update({NAME: ready}))
    return views


def prepare(app: Flask) -> None:
    """Do what the first page of a process would wait for: templates, facts, roster."""
    app.extensions[NAME]()


def _prepare(services: Services, rendering: Rendering, clock: Clock) -> None:
    rendering.prepare()
    usual = presets(clock().astimezone(services.settings.zone).date())[0]
    months = {"from_": str(usual.start), "to": str(usual.end)}
    with suppress(Problem):  # there are no facts yet, or the database is away
        for period in ({}, months, {**months, "interval": "month"}):
            everything = asked(services, "platform", {"page": 1, **period})
            services.report(everything, [EVERYTHING])
        for granularity in HEADS:
            rows = asked(services, granularity, {"page": 1, "page_size": 1, **months})
            services.report(replace(rows, metrics=()), [EVERYTHING])
        roster = services.rosters.load()
        for somebody in islice(roster.rows("people").values, 1):  # which indexes the relations
            services.registry.resolver.grants(somebody, roster)


def _view(
    services: Services, rendering: Rendering, clock: Clock, answer: Callable[..., AnyResponse]
) -> Callable[..., AnyResponse]:
    """Return a view that answers a visit."""

    def view(**named: str) -> AnyResponse:
        return answer(visit(services, clock()), rendering, **named)

    return view


def front(looking: Visit, _: Rendering) -> AnyResponse:
    """Lead to the first page that is for somebody: their own when there is no other."""
    if looking.menu:
        return redirect(str(looking.address.shared(f"/dashboard/{looking.menu[0].name}")))
    return redirect(path_of("learners", looking.caller.id))


def nothing(_looking: Visit, _rendering: Rendering, rest: str) -> AnyResponse:
    """Refuse a page that there is not."""
    raise NotFound(f"There is no page {rest[:200]!r}.")


def many(looking: Visit, rendering: Rendering, name: str) -> AnyResponse:
    """Answer a page of the menu."""
    page = next((one for one in MENU if one.name == name), None)
    if page is None:
        raise NotFound(f"There is no page {name[:200]!r}.")
    if looking.is_own:
        return redirect(path_of("learners", looking.caller.id))
    looking.require(page.granularity)
    return _answer(looking, rendering, page, None)


def one(looking: Visit, rendering: Rendering, name: str, entity_id: str) -> AnyResponse:
    """Answer the page of one learner, course and so on."""
    page = ONE.get(name)
    if page is None:
        raise NotFound(f"There is no page {name[:200]!r}.")
    looking.require(page.granularity)
    about = _entity(looking, name, entity_id)
    return _answer(looking, rendering, page, about)


def _entity(looking: Visit, name: str, sent: str) -> Entity:
    """Return what an address names; oneself is there though nothing is known of one yet."""
    try:
        return entity(looking.services, list(looking.granted), name, sent, {})
    except NotFound:
        if name == "learners" and unquote(sent) == looking.caller.id:
            return Entity("learner", looking.caller.id)
        raise


def _answer(looking: Visit, rendering: Rendering, page: Page, about: Entity | None) -> AnyResponse:
    if (right := corrected(looking.address)) is not None:
        return redirect(str(right))
    behind = looking.address.first("behind")
    alone = behind or looking.address.first("block")
    blocks = [_named(page, alone)] if alone else list(page.blocks)
    if behind and not blocks[0].is_explained:
        raise NotFound(f"The part {behind[:40]!r} of this page is no table of figures.")
    open_blocks = opened(blocks, looking.open)
    filled = [
        (block, None if _waits(block, alone) else shown(looking, page, block, about))
        for block in open_blocks
    ]
    counted(sum(len(one.report.rows) for _, one in filled if one is not None))
    return rendering.page(
        "behind.html" if behind else "page.html",
        looking.wording,
        visit=looking,
        page=page,
        about=about,
        title=_title(looking, page, about),
        blocks=filled,
        heads=heads(looking) if any(block.kind == "heads" for block in open_blocks) else {},
        chips=choosing.chips(looking),
        offered=[(kind, choosing.KINDS[kind][1]) for kind in choosing.offered(looking, page)],
    )


def _waits(block: Block, alone: str) -> bool:
    """Tell whether a block is shown without a report, or asked for later."""
    return block.kind == "heads" or (block.later and not alone)


def _named(page: Page, name: str) -> Block:
    found = block_of(page, name)
    if found is None:
        raise NotFound(f"This page has no part {name[:40]!r}.")
    return found


def _title(looking: Visit, page: Page, about: Entity | None) -> str:
    """Return what a page or an entity is called, as the reader may know it."""
    if about is None:
        return looking.wording.text(page.title)
    is_own = page.name == "learners" and about.id == looking.caller.id
    known = choosing.titles(looking, page.granularity, [about.id])
    return known.get(about.id, looking.caller.name if is_own else about.id)


ANSWERS: Final[dict[str, Callable[..., AnyResponse]]] = {
    "/dashboard/": front,
    "/dashboard/<name>": many,
    "/dashboard/<name>/<entity_id>": one,
    "/dashboard/explain/<granularity>": explaining.explained,
    "/dashboard/explain/<granularity>/statements": explaining.evidence,
    "/dashboard/choose/<kind>": choosing.choose,
    "/dashboard/export": exporting.dialog,
    "/dashboard/exports": ordering.orders,
    "/dashboard/schedules/new": planning.new,
    "/dashboard/schedules/<schedule_id>": planning.edit,
    "/dashboard/server": operating.server,
    "/dashboard/<path:rest>": nothing,
}
"""What answers at which address, for whoever is signed in."""

FORMS: Final[dict[str, Callable[..., AnyResponse]]] = {
    "/dashboard/export": exporting.choose,
    "/dashboard/exports": ordering.act,
    "/dashboard/schedules/new": planning.plan,
    "/dashboard/schedules/<schedule_id>": planning.change,
}
"""What takes the forms of pages."""

"""The demo: a simulated organisation on a server of its own, and a token for each role."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

from lrs_stats import serving, supervisor
from lrs_stats.access.grants import Role
from lrs_stats.errors import CommandError
from lrs_stats.logs import configure
from lrs_stats.progress import bar
from lrs_stats.roster.json_tables import check
from lrs_stats.serving import Reachable, Say
from lrs_stats.settings import Settings
from lrs_stats.simulate.organisation import Organisation, organisation
from lrs_stats.simulate.posting import load
from lrs_stats.simulate.statements import volume
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.worker_state import WorkerState

HINT = """
Look at it; each of these signs in somebody with that role:
{links}

Ask it:
  {url}/api/docs                                   the interface, to try out
  curl -H "Authorization: Bearer TOKEN" '{url}/api/v1/stats/courses?sort=-connections'
  curl -H "Authorization: Bearer TOKEN" '{url}/api/v1/stats/platform?interval=month'
  curl -H "Authorization: Bearer TOKEN" '{url}/api/v1/stats/learners.csv'
  curl -H "Authorization: Bearer TOKEN" '{url}/api/v1/stats/platform.png?interval=month' >months.png

A token for one person of each role:
{tokens}
"""


@dataclass(frozen=True)
class Plan:
    """Which organisation the demo shows; the same plan always makes the same statements."""

    learners: int
    months: int
    seed: int
    until: str

    def organisation(self) -> Organisation:
        """Make the organisation."""
        return organisation(
            learners=self.learners, months=self.months, seed=self.seed, until=self.last
        )

    @property
    def last(self) -> date:
        """Return the day before which everything happens."""
        return date.fromisoformat(self.until)


def serve(settings: Settings, *, learners: int, months: int, seed: int, say: Say) -> None:
    """Serve the demo until a signal comes, and load it on the first start."""
    configure()
    wanted = Plan(learners, months, seed, datetime.now(UTC).date().isoformat())

    def ready(url: str, mongo: str) -> None:
        served = replace(settings, mongo=mongo)
        serving.welcome(served, url, say)
        threading.Thread(target=_show, args=(served, url, wanted, say), daemon=True).start()

    supervisor.serve(settings, ready=ready)


def _show(settings: Settings, url: str, wanted: Plan, say: Say) -> None:
    """Load what is not loaded yet, wait until it is counted, and say where to look."""
    try:
        with serving.opened(settings) as reachable:
            plan = _agreed(reachable.database, wanted)
            made = plan.organisation()
            _load(reachable, url, plan, made, say)
            credentials = CredentialStore(reachable.database)
            people = made.one_of_each_role()
            tokens = {role: credentials.create_token(one) for role, one in people.items()}
            say(_hint(url, people, tokens))
    except CommandError as error:
        say(f"The demo could not be loaded: {error} What is served is as far as it came.")


def _hint(url: str, people: Mapping[Role, str], tokens: Mapping[Role, str]) -> str:
    """Return where to look, and as whom."""
    links = (f"  {role:<8} {url}/sign-in?token={token}" for role, token in tokens.items())
    told = (f"  {role:<8} {people[role]:<8} {token}" for role, token in tokens.items())
    return HINT.format(url=url, links="\n".join(links), tokens="\n".join(told))


def _agreed(database: Database[Document], wanted: Plan) -> Plan:
    """Return the plan of the folder, which the first start sets, if it is the one wanted."""
    plan = Plan(**WorkerState(database).agree("demo", asdict(wanted)))
    if (plan.learners, plan.months, plan.seed) != (wanted.learners, wanted.months, wanted.seed):
        raise CommandError(
            f"this folder holds a demo of {plan.learners} learners, {plan.months} months and seed "
            f"{plan.seed}. Remove the folder, or name another with --data."
        )
    return plan


def _load(reachable: Reachable, url: str, plan: Plan, made: Organisation, say: Say) -> None:
    """Import the roster and post the statements, unless all of that was done before."""
    total = volume(made, plan.months)
    if StatementStore(reachable.database).count() >= total:
        return
    say(f"Loading {plan.learners} learners and {total} statements of {plan.months} months.")
    RosterStore(reachable.database).replace(check(as_json(made)))
    client, secret = CredentialStore(reachable.database).create_client(
        "demo loader", ("statements/write",)
    )
    with bar("Posting", total) as progress:
        load(url, client.key, secret, made, plan.last, progress=progress)
    CredentialStore(reachable.database).revoke_client(client.key)
    _wait_until_counted(WorkerState(reachable.database), StatementStore(reachable.database).now)


def _wait_until_counted(state: WorkerState, now: Callable[[], datetime]) -> None:
    posted, pause = now(), threading.Event()
    while (reached := state.progress()).as_of is None or reached.as_of < posted:
        if reached.trouble:
            raise CommandError(f"the statements are stored, but not counted: {reached.trouble}.")
        pause.wait(0.1)


def as_json(made: Organisation) -> dict[str, list[dict[str, object]]]:
    """Return the roster of an organisation as JSON has it: numbers as numbers."""
    numbers = {"planned_minutes", "position"}
    return {
        table: [
            {name: int(cell) if name in numbers and cell else cell for name, cell in row.items()}
            for row in rows
        ]
        for table, rows in made.tables.items()
    }

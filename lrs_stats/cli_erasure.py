"""The command that forgets a learner: first what would be erased, then the erasure."""

from collections.abc import Callable
from typing import Any

import click

from lrs_stats.cli_audit import called_by, written_down
from lrs_stats.settings import Settings

Make = Callable[[], Settings]


@click.command()
@click.argument("learner")
@click.option("--yes", is_flag=True, help="Erase. Without it nothing is erased, and all is told.")
@click.option("--pseudonymise", is_flag=True, help="Keep the figures, and forget whose they are.")
@click.option("--lift", is_flag=True, help="Take an erased person's identifiers again.")
@click.pass_obj
def erase(make: Make, learner: str, *, yes: bool, pseudonymise: bool, lift: bool) -> None:
    """Erase LEARNER: an id of the roster, an e-mail, its SHA-1, an OpenID, or homePage|name.

    Statements, documents, figures of all times, the place in the roster, tokens, and the names in
    logs go. What remains is a tombstone without a name, which refuses the same identifiers when
    they are sent again. An erasure that was cut off goes on with the next start of the server.
    """
    from lrs_stats import erasing  # noqa: PLC0415 - each command loads only what it needs
    from lrs_stats.progress import bar  # noqa: PLC0415
    from lrs_stats.serving import opened  # noqa: PLC0415
    from lrs_stats.store.erasures import ErasureStore  # noqa: PLC0415

    with opened(make()) as reachable:
        if lift:
            lifted = erasing.lifted(reachable, learner)
            written_down(reachable, "lift erasures", "erasures", lifted.id)
            click.echo(f"The identifiers of the erasure {lifted.id} are taken again.")
            return
        with bar("Looking", 0) as progress:
            plan = erasing.planned(
                reachable, learner, called_by(), progress, pseudonymises=pseudonymise
            )
        written_down(reachable, "create erasures", "erasures", plan.id)
        _tell(reachable, plan)
        if not yes:
            ErasureStore(reachable.database).drop(plan.keys)
            click.echo("Nothing was erased. Add --yes to do it.")
            return
        written_down(reachable, "order erasures", "erasures", plan.id)
        with bar("Erasing", 0) as progress:
            done = erasing.carried_out(reachable, plan.id, called_by(), progress)
    click.echo(f"Erased. The tombstone is {done.id}.")


def _tell(reachable: Any, plan: Any) -> None:
    """Say what would be erased, place by place, and what cannot be reached from here."""
    from lrs_stats.store.forwards import ForwardStore  # noqa: PLC0415

    how = "pseudonymised or erased" if plan.pseudonymises else "erased, or rid of the person"
    click.echo(f"What would be {how}:")
    for place, count in plan.counts.items():
        click.echo(f"  {count:>9}  {place}")
    click.echo("Figures as they stood before (as_of) and older rosters go, for everybody.")
    if there := ForwardStore(reachable.database).all():
        names = ", ".join(one.name for one in there)
        click.echo(f"What was forwarded has to be erased there, too: {names}.")

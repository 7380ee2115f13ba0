"""The benches as commands."""

import click

from bench.adding import adding
from bench.background import background
from bench.exports import exports
from bench.freshness import freshness
from bench.ingest import ingest
from bench.pages import pages
from bench.queries import queries
from bench.rebuild import rebuild
from bench.rekey import rekey
from bench.roles import roles
from bench.roster import roster
from bench.simulate import simulate
from bench.stats import stats


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def bench() -> None:
    """Measure how fast it is on this machine, beside a peer or a limit.

    Each bench brings its own server or database in a temporary folder, prints a table, and
    leaves nothing behind. docs/performance.md has the figures of a run, and what they mean.
    """


BENCHES = (
    ingest,
    queries,
    freshness,
    rebuild,
    rekey,
    roster,
    stats,
    pages,
    exports,
    background,
    roles,
    adding,
    simulate,
)

for command in BENCHES:
    bench.add_command(command)

if __name__ == "__main__":
    bench(prog_name="python -m bench")

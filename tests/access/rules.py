"""The resolver as a server has it, with what its settings say."""

from functools import cache

from lrs_stats import Resolver
from lrs_stats.registry import build
from lrs_stats.settings import Settings


@cache
def rules(
    *, coach_subgroups: bool = False, coach_whole: bool = False, manager_transitive: bool = False
) -> Resolver:
    """Return the built-in resolver with some options."""
    options = {
        "coach_subgroups": coach_subgroups,
        "coach_whole": coach_whole,
        "manager_transitive": manager_transitive,
    }
    return build(Settings(options={"roles": options})).resolver

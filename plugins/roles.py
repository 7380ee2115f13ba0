"""The role resolver: owner, administrator and learner, from the roster's relations."""

from lrs_stats import ALL, Directory, Grant, Person, Resolver, hookimpl

OWN_PAGES = frozenset(
    {"learners", "courses", "questions", "sessions", "programs", "connections", "answers"}
)


class Roles(Resolver):
    """Owner and administrator see everything; everyone sees themselves as a learner."""

    name = "roles"
    title = "Roles from the roster"

    def grants(self, person: Person, directory: Directory) -> list[Grant]:  # noqa: ARG002
        """Return everything for an owner or administrator, and one's own for everyone."""
        own = Grant(role="learner", learners=frozenset({person.id}), granularities=OWN_PAGES)
        if person.role in {"owner", "admin"}:
            return [Grant(role=person.role, learners=ALL, courses=ALL, sessions=ALL), own]
        return [own]


@hookimpl
def register_resolvers() -> list[type[Resolver]]:
    """Register the resolver."""
    return [Roles]

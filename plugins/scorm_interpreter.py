"""What statements under the SCORM profile mean: attempts at the objects of a package."""

from typing import Final

from lrs_stats import Event, Interpreter, Statement, hookimpl

from .table_interpreter import interpret

CATEGORY: Final = "https://w3id.org/xapi/scorm"


class ScormInterpreter(Interpreter):
    """Understands the xAPI SCORM profile, in which wrappers of SCORM 1.2 and 2004 write."""

    name = "scorm"
    title = "SCORM profile"
    precedence = 40

    def interpret(self, statement: Statement) -> list[Event] | None:
        """Return the events, or None when it is not under the profile's category.

        The table has the profile's verbs: `scaled` of `progressed` is progress, and that of any
        other verb is a score.
        """
        if not statement.has_category(CATEGORY):
            return None
        return interpret(statement, _course(statement))


def _course(statement: Statement) -> str | None:
    """Return the object of the package when no activity is typed as the course.

    Interactions and objectives have it as their parent; it is the object of all other
    statements. The attempt in the grouping is one of many at the same course.
    """
    parents = statement.activities("parent")
    around = [*statement.object_activity, *parents, *statement.activities("grouping")]
    if any(activity.is_course for activity in around):
        return None
    return parents[0].id if parents else statement.object_id


@hookimpl
def register_interpreters() -> list[type[Interpreter]]:
    """Register the interpreter of the SCORM profile."""
    return [ScormInterpreter]

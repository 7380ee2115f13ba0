"""What a statement is made of: the xAPI data model, as types that decode and check at once.

The types hold for 1.0.3 and 2.0.0. What they cannot say (formats, ranges, what excludes what) is
in `lrs_stats.xapi.rules`. A property that was not sent is UNSET; `null` is refused everywhere
but inside extensions, whose values stay the bytes that were sent.

The reading properties of `Statement` are what interpreters work with: they answer None, an
empty text or an empty list where the statement says nothing.
"""

from functools import cached_property
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from lrs_stats.xapi.formats import seconds_of
from lrs_stats.xapi.iris import iri_key

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"

Role = Literal["parent", "grouping", "category", "other"]
ROLES: Final[tuple[Role, ...]] = ("parent", "grouping", "category", "other")

Kind = Literal["Activity", "Agent", "Group", "StatementRef", "SubStatement"]
InteractionType = Literal[
    "true-false", "choice", "fill-in", "long-fill-in", "matching",
    "performance", "sequencing", "likert", "numeric", "other",
]  # fmt: skip
LanguageMap = dict[str, str]
Extensions = dict[str, msgspec.Raw]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """Any object of the data model: its properties are known by name and never change."""


class Account(Part, frozen=True, kw_only=True):
    """A user account on a system (xAPI-Data 2.4.2.4)."""

    home_page: str
    name: str


class Actor(Part, frozen=True, kw_only=True):
    """An agent or a group, with at most one identifier (xAPI-Data 2.4.2)."""

    object_type: Literal["Agent", "Group"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = msgspec.field(name="mbox_sha1sum", default=UNSET)
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list["Actor"] | UnsetType = UNSET

    @property
    def is_group(self) -> bool:
        """Tell whether it is a group; an actor without a type is an agent."""
        return self.object_type == "Group"

    @property
    def key(self) -> str | None:
        """Return the identifier in the one spelling that finds it; None when it has none.

        The domain of an e-mail and the digits of a hash do not depend on case.
        """
        if self.mbox:
            local, _, domain = self.mbox.rpartition("@")
            return f"{local}@{domain.lower()}"
        if self.account:
            return f"{self.account.home_page}|{self.account.name}"
        if self.mbox_sha1sum:
            return f"sha1:{self.mbox_sha1sum.lower()}"
        return f"openid:{self.openid}" if self.openid else None


class Verb(Part, frozen=True, kw_only=True):
    """What was done (xAPI-Data 2.4.3)."""

    id: str
    display: LanguageMap | UnsetType = UNSET


class InteractionComponent(Part, frozen=True, kw_only=True):
    """One choice, step or side of a match (xAPI-Data 2.4.4.1, Interaction Components)."""

    id: str
    description: LanguageMap | UnsetType = UNSET


class Definition(Part, frozen=True, kw_only=True):
    """What an activity is (xAPI-Data 2.4.4.1)."""

    name: LanguageMap | UnsetType = UNSET
    description: LanguageMap | UnsetType = UNSET
    type: str | UnsetType = UNSET
    more_info: str | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET
    interaction_type: InteractionType | UnsetType = UNSET
    correct_responses_pattern: list[str] | UnsetType = UNSET
    choices: list[InteractionComponent] | UnsetType = UNSET
    scale: list[InteractionComponent] | UnsetType = UNSET
    source: list[InteractionComponent] | UnsetType = UNSET
    target: list[InteractionComponent] | UnsetType = UNSET
    steps: list[InteractionComponent] | UnsetType = UNSET


class Activity(Part, frozen=True, kw_only=True):
    """Something with which an actor interacts (xAPI-Data 2.4.4.1)."""

    object_type: Literal["Activity"] | UnsetType = UNSET
    id: str
    definition: Definition | UnsetType = UNSET

    @property
    def type(self) -> str:
        """Return the type of the activity, or an empty text."""
        return (self.definition.type or "") if self.definition else ""

    @property
    def is_course(self) -> bool:
        """Tell whether the activity is typed as a course."""
        return self.type.endswith("course")


class StatementRef(Part, frozen=True, kw_only=True):
    """A pointer to another statement (xAPI-Data 2.4.4.3)."""

    object_type: Literal["StatementRef"]
    id: str


class Score(Part, frozen=True, kw_only=True):
    """A graded outcome (xAPI-Data 2.4.5.1)."""

    scaled: float | UnsetType = UNSET
    raw: float | UnsetType = UNSET
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET


class Extended(Part, frozen=True, kw_only=True, dict=True, gc=True):
    """What has extensions (xAPI-Data 4.1); it keeps what is read of it, since many share one."""

    extensions: Extensions | UnsetType = UNSET

    @cached_property
    def _keyed(self) -> Extensions:
        """Return the extensions by the keys of their IRIs, of those with the same key the first."""
        return {iri_key(name): raw for name, raw in reversed((self.extensions or {}).items())}

    def extension(self, iri: str) -> Any:
        """Return the value of an extension, in any spelling of its IRI, or None."""
        found = (self.extensions or {}).get(iri) or self._keyed.get(iri_key(iri))
        return None if found is None else msgspec.json.decode(found)


class Result(Extended, frozen=True, kw_only=True):
    """A measured outcome (xAPI-Data 2.4.5)."""

    score: Score | UnsetType = UNSET
    success: bool | UnsetType = UNSET
    completion: bool | UnsetType = UNSET
    response: str | UnsetType = UNSET
    duration: str | UnsetType = UNSET


class ContextActivities(Part, frozen=True, kw_only=True):
    """Activities around the statement; one may stand without a list (xAPI-Data 2.4.6.2)."""

    parent: list[Activity] | Activity | UnsetType = UNSET
    grouping: list[Activity] | Activity | UnsetType = UNSET
    category: list[Activity] | Activity | UnsetType = UNSET
    other: list[Activity] | Activity | UnsetType = UNSET


class ContextAgent(Part, frozen=True, kw_only=True):
    """An agent around the statement (xAPI 2.0, 4.2.2)."""

    object_type: Literal["contextAgent"]
    agent: Actor
    relevant_types: list[str] | UnsetType = UNSET


class ContextGroup(Part, frozen=True, kw_only=True):
    """A group around the statement (xAPI 2.0, 4.2.2)."""

    object_type: Literal["contextGroup"]
    group: Actor
    relevant_types: list[str] | UnsetType = UNSET


class Context(Extended, frozen=True, kw_only=True):
    """What gives the statement more meaning (xAPI-Data 2.4.6)."""

    registration: str | UnsetType = UNSET
    instructor: Actor | UnsetType = UNSET
    team: Actor | UnsetType = UNSET
    context_activities: ContextActivities | UnsetType = UNSET
    context_agents: list[ContextAgent] | UnsetType = UNSET
    context_groups: list[ContextGroup] | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    statement: StatementRef | UnsetType = UNSET

    @cached_property
    def activities(self) -> dict[Role, list[Activity]]:
        """Return the activities around the statement, by their role."""
        found = {role: getattr(self.context_activities, role, UNSET) or [] for role in ROLES}
        return {role: [one] if isinstance(one, Activity) else one for role, one in found.items()}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of all activities around the statement, in the order of their roles."""
        return tuple(activity.id for role in ROLES for activity in self.activities[role])

    @cached_property
    def categories(self) -> frozenset[str]:
        """Return the keys of the ids of the category activities."""
        return frozenset(iri_key(activity.id) for activity in self.activities["category"])


class Attachment(Part, frozen=True, kw_only=True):
    """The header of an attachment (xAPI-Data 2.4.11)."""

    usage_type: str
    display: LanguageMap
    content_type: str
    length: int
    sha2: str
    description: LanguageMap | UnsetType = UNSET
    file_url: str | UnsetType = UNSET


class Object(Part, frozen=True, kw_only=True):
    """What was acted on: an activity, agent, group, statement reference or sub-statement.

    One type with the properties of all five, because `objectType` may be absent and may stand
    last: so an object is decoded in one pass. `rules` sees to it that an object has only the
    properties of its kind.
    """

    object_type: Kind | UnsetType = UNSET
    id: str | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = msgspec.field(name="mbox_sha1sum", default=UNSET)
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list[Actor] | UnsetType = UNSET
    actor: Actor | UnsetType = UNSET
    verb: Verb | UnsetType = UNSET
    object: "Object | UnsetType" = UNSET
    result: Result | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET

    @property
    def kind(self) -> Kind:
        """Return the type of the object; without one it is an activity (xAPI-Data 2.4.4)."""
        return self.object_type or "Activity"

    @property
    def activity(self) -> Activity | None:
        """Return the object as an activity, when it is one."""
        if self.kind != "Activity" or not self.id:
            return None
        return Activity(id=self.id, definition=self.definition)

    @property
    def agent(self) -> Actor | None:
        """Return the object as an agent or group, when it is one."""
        if self.kind not in {"Agent", "Group"}:
            return None
        return Actor(
            object_type="Group" if self.kind == "Group" else "Agent",
            name=self.name,
            mbox=self.mbox,
            mbox_sha1sum=self.mbox_sha1sum,
            openid=self.openid,
            account=self.account,
            member=self.member,
        )


class Statement(Part, frozen=True, kw_only=True):
    """Who did what with which activity (xAPI-Data 2.4)."""

    actor: Actor
    verb: Verb
    object: Object
    id: str | UnsetType = UNSET
    result: Result | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    stored: str | UnsetType = UNSET
    authority: Actor | UnsetType = UNSET
    version: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET

    @property
    def agent_key(self) -> str | None:
        """Return whom the statement is about; None when a group acts.

        One of `mailto:…`, `sha1:…`, `openid:…`, or `homePage|name` for an account.
        """
        return None if self.actor.is_group else self.actor.key

    @property
    def actor_name(self) -> str | None:
        """Return the name of the actor."""
        return self.actor.name or None

    @property
    def object_activity(self) -> list[Activity]:
        """Return the activity that is the object, or nothing."""
        activity = self.object.activity
        return [] if activity is None else [activity]

    @property
    def object_id(self) -> str | None:
        """Return the id of the activity that is the object."""
        return self.object.id or None if self.object.kind == "Activity" else None

    @property
    def object_type(self) -> str:
        """Return the type of the activity that is the object, or an empty text."""
        return (self.object.definition.type or "") if self.object.definition else ""

    @property
    def voids(self) -> str | None:
        """Return the id of the statement that this one voids (xAPI-Data 2.3.2)."""
        if self.verb.id != VOIDED or self.object.kind != "StatementRef" or not self.object.id:
            return None
        return self.object.id.lower()

    @property
    def registration(self) -> str | None:
        """Return the registration, in lower case."""
        registration = self.context.registration if self.context else UNSET
        return registration.lower() if registration else None

    @property
    def context_ids(self) -> list[str]:
        """Return the ids of all context activities."""
        return [*self.context.ids] if self.context else []

    @property
    def has_result(self) -> bool:
        """Tell whether the statement has a result."""
        return self.result is not UNSET

    @property
    def has_score(self) -> bool:
        """Tell whether the result has a scaled or a raw score."""
        score = self.result.score if self.result else UNSET
        return score is not UNSET and (score.scaled is not UNSET or score.raw is not UNSET)

    @property
    def scaled(self) -> float | None:
        """Return the scaled score."""
        score = self.result.score if self.result else UNSET
        return score.scaled if score and score.scaled is not UNSET else None

    @property
    def success(self) -> bool | None:
        """Return whether the attempt succeeded."""
        success = self.result.success if self.result else UNSET
        return None if success is UNSET else success

    @property
    def completion(self) -> bool | None:
        """Return whether the activity was completed."""
        completion = self.result.completion if self.result else UNSET
        return None if completion is UNSET else completion

    @property
    def duration_seconds(self) -> float | None:
        """Return the duration of the result in seconds, a year as 365 days, a month as 30."""
        duration = self.result.duration if self.result else UNSET
        return seconds_of(duration) if duration else None

    def activities(self, role: Role) -> list[Activity]:
        """Return the context activities of one role."""
        return [*self.context.activities[role]] if self.context else []

    def has_type(self, iri: str) -> bool:
        """Tell whether the object is of a type, in any spelling of its IRI."""
        return iri_key(self.object_type) == iri_key(iri)

    def has_category(self, iri: str) -> bool:
        """Tell whether a category activity has an id, in any spelling of its IRI."""
        return iri_key(iri) in (self.context.categories if self.context else ())

    def context_extension(self, iri: str) -> Any:
        """Return the value of a context extension, in any spelling of its IRI, or None."""
        return self.context.extension(iri) if self.context else None

    def result_extension(self, iri: str) -> Any:
        """Return the value of a result extension, in any spelling of its IRI, or None."""
        return self.result.extension(iri) if self.result else None

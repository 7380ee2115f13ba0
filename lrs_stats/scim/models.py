"""What an identity provider may say of people and groups: those attributes that the roster keeps.

The models are those of `scim2-models`, narrowed; /Schemas and /ResourceTypes are made of them.
Whatever else a provider sends is ignored, and never shown back as if it had been kept.
"""

from typing import Annotated, Any, ClassVar, Final

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    ExtensibleStringEnum,
    Extension,
    Filter,
    Mutability,
    Pagination,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

MOST: Final = 1_000
"""Resources in one answer."""


class Name(ComplexAttribute):
    """The parts of a name."""

    family_name: str | None = None
    given_name: str | None = None


class Email(ComplexAttribute):
    """The mailbox under which statements know somebody; the roster keeps one."""

    class Type(ExtensibleStringEnum):
        """The only label there is."""

        work = "work"

    value: str | None = None
    type: Type | None = None


class Place(ComplexAttribute):
    """A group of somebody."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only] = None


class Member(ComplexAttribute):
    """Somebody in a group: a learner of it, or with the type `Coach` one of its coaches."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: str | None = Field(None, examples=["User", "Coach"])


class Manager(ComplexAttribute):
    """Who manages somebody."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Reference["User"] | None = Field(None, serialization_alias="$ref", validation_alias="$ref")


class EnterpriseUser(Extension):
    """What an organization says of somebody (RFC 7643, section 4.3)."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    organization: str | None = None
    manager: Manager | None = None


class User(Resource[Any]):
    """Somebody whom the identity provider knows (RFC 7643, section 4.1)."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    Name: ClassVar[type[ComplexAttribute]] = Name
    display_name: Annotated[str | None, Mutability.read_only] = None
    active: bool | None = None
    emails: list[Email] | None = None
    Emails: ClassVar[type[ComplexAttribute]] = Email
    groups: Annotated[list[Place] | None, Mutability.read_only] = None
    Groups: ClassVar[type[ComplexAttribute]] = Place


class Group(Resource[Any]):
    """A group with its learners and coaches (RFC 7643, section 4.2)."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    members: list[Member] | None = None
    Members: ClassVar[type[ComplexAttribute]] = Member


Person: Final[Any] = User.__class_getitem__(EnterpriseUser)
POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""Identity providers send more than is asked of them; Microsoft's removes and adds its own way."""
CONFIG: Final = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=False),
    etag=ETag(supported=False),
    pagination=Pagination(
        cursor=False,
        index=True,
        default_pagination_method=Pagination.DefaultPaginationMethod.index,
        max_page_size=MOST,
    ),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.httpbasic,
            name="Key and secret",
            description="A client with the scope roster/write, by HTTP Basic.",
            primary=True,
        ),
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="The same client: its key, a colon and its secret as the bearer token.",
        ),
    ],
)
PROVIDER: Final = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[ResourceType.from_resource(Person), ResourceType.from_resource(Group)],
    config=CONFIG,
    policy=POLICY,
)

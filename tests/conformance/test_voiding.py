"""Voiding: how a statement is taken back without being lost (Data 2.3.2, Communication 2.1.4)."""

from typing import Final
from uuid import uuid4

import pytest

from tests.conformance.lrs import Lrs, fresh
from tests.conformance.requirement import requirement, statements
from tests.conformance.statements import AGENT, REFERENCE, TEAM, VOIDED, statement, voiding

SECTION: Final = "Data 2.3.2"


def _voided(lrs: Lrs, **more: object) -> tuple[str, str]:
    """Store a statement and the one that voids it; return their ids."""
    (target,) = lrs.store(statement(**more))
    (voider,) = lrs.store(voiding(target))
    return target, voider


def _is_voided(lrs: Lrs, identifier: str) -> bool:
    gone = lrs.get("statements", statementId=identifier).status_code == 404
    kept = lrs.get("statements", voidedStatementId=identifier).status_code == 200
    assert gone is kept
    return gone


@requirement("XAPI-00016", SECTION, "A statement that voids cannot be voided.")
def test_voiding_the_voiding(lrs: Lrs) -> None:
    target, voider = _voided(lrs)
    lrs.expect(lrs.post_json("statements", voiding(voider)), 200, 400)
    assert not _is_voided(lrs, voider)
    assert _is_voided(lrs, target)


@requirement("LRS-0020", SECTION, "What a voiding statement names may be unknown, or come later.")
def test_voiding_the_unknown(lrs: Lrs) -> None:
    target = str(uuid4())
    lrs.store(voiding(target))
    lrs.store(statement(id=target))
    assert _is_voided(lrs, target)


test_object_type = statements(
    "XAPI-00017 XAPI-00020",
    SECTION,
    "The object of a voiding statement is a StatementRef.",
    accepted=[{"verb": {"id": VOIDED}, "object": REFERENCE}],
    refused=[
        {"verb": {"id": VOIDED}, "object": one}
        for one in ({"id": "a:b"}, AGENT, TEAM, {**REFERENCE, "objectType": "Activity"})
    ],
)


@requirement("XAPI-00018", SECTION, "A statement is voided when one that voids names it.")
def test_voided(lrs: Lrs) -> None:
    target, voider = _voided(lrs)
    assert _is_voided(lrs, target)
    assert not _is_voided(lrs, voider)
    lrs.store(voiding(target))
    assert _is_voided(lrs, target)


@requirement("XAPI-00019", SECTION, "It is the verb `voided` that voids, and no other.")
@pytest.mark.parametrize("verb", [VOIDED.upper(), f"{VOIDED}/", "https://example.org/voided"])
def test_other_verbs_void_nothing(lrs: Lrs, verb: str) -> None:
    (target,) = lrs.store(statement())
    lrs.store({**voiding(target), "verb": {"id": verb}})
    assert not _is_voided(lrs, target)


@requirement(
    "XAPI-00162",
    "Communication 2.1.4",
    "What refers to a voided statement is still found by what the voided one says.",
)
def test_references_to_the_voided(lrs: Lrs) -> None:
    verb = fresh("verbs")
    (target,) = lrs.store(statement(verb={"id": verb}))
    (comment,) = lrs.store(statement(object={"objectType": "StatementRef", "id": target}))
    (voider,) = lrs.store(voiding(target))
    assert set(lrs.found(verb=verb)) == {voider, comment}


@requirement(
    "XAPI-00163", "Communication 2.1.4", "A voided statement is found by voidedStatementId only."
)
def test_hidden(lrs: Lrs) -> None:
    activity = fresh()
    target, voider = _voided(lrs, object={"id": activity})
    lrs.expect(lrs.get("statements", statementId=target), 404)
    assert lrs.read(lrs.get("statements", voidedStatementId=target))["id"] == target
    assert lrs.found(activity=activity) == [voider]
    lrs.expect(lrs.get("statements", voidedStatementId=voider), 404)


@requirement(
    "LRS-0021", "Communication 2.1.4", "A statement that is not voided is not found as one."
)
def test_not_voided(lrs: Lrs) -> None:
    (target,) = lrs.store(statement())
    lrs.expect(lrs.get("statements", voidedStatementId=target), 404)

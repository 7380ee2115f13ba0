"""The keys under which statements name a person, and how two spellings of a key are the same."""

import hashlib
from collections.abc import Iterator

from lrs_stats.roster.tables import Person


def mailbox(email: str) -> str:
    """Return an e-mail with its domain in lower case: only the local part depends on case."""
    local, at, domain = email.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def keys_of(person: Person) -> Iterator[str]:
    """Yield the actor keys of a person: of the e-mail, of its SHA-1, of the account.

    The SHA-1 is that of the e-mail as it is spelled and with its domain in lower case, for a hash
    cannot be compared in any other way.
    """
    for email in dict.fromkeys((mailbox(person.email), person.email)) if person.email else ():
        yield f"mailto:{email}"
        yield sha1(email)
    if person.account_name:
        yield f"{person.account_homepage}|{person.account_name}"


def folded_keys_of(person: Person) -> Iterator[str]:
    """Yield the actor keys of a person as `folded` spells them."""
    yield from map(folded, keys_of(person))
    if person.email:
        yield sha1(person.email.lower())


def canonical(actor_key: str) -> str:
    """Return an actor key in the one spelling of all that are always the same."""
    if actor_key.startswith("mailto:"):
        return mailbox(actor_key)
    return actor_key.lower() if actor_key.startswith("sha1:") else actor_key


def folded(actor_key: str) -> str:
    """Return an actor key with the local part, or the account's name, in lower case too."""
    if actor_key.startswith("mailto:"):
        return actor_key.lower()
    homepage, bar, name = actor_key.partition("|")
    return f"{homepage}{bar}{name.lower()}" if bar else canonical(actor_key)


def sha1(email: str) -> str:
    """Return the actor key of an e-mail that is told by its `mbox_sha1sum` (xAPI-Data 2.4.2.3)."""
    digest = hashlib.sha1(f"mailto:{email}".encode(), usedforsecurity=False)
    return f"sha1:{digest.hexdigest()}"

"""Addresses of e-mail, as mail servers take them: each is one mailbox, whatever is in its name."""

import re
from typing import Final

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_PLAIN: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")
"""A local part that needs no quotes (RFC 5321, section 4.1.2; RFC 6531, section 3.3)."""
_QUOTED: Final = re.compile(r'"([^"\\]|\\.)*"')
_SAYABLE: Final = re.compile(r"[^\x00-\x1f\x7f-\xa0]+")
_DOMAIN: Final = re.compile(r'[^\x00-\x20\x7f-\xa0"(),:;<>@\[\\\]]+|\[[A-Za-z0-9:.]+\]')
_LONGEST: Final = 64
"""Bytes of a local part (RFC 5321, section 4.5.3.1.1)."""


def mailbox(text: str) -> str:
    """Return an address in the one spelling by which it is a mailbox; ValueError when it is none.

    A local part with commas or the like has quotes. A domain of any script is in ASCII.
    """
    local, _, domain = text.rpartition("@")
    if _QUOTED.fullmatch(local):
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    is_local = _SAYABLE.fullmatch(local) and len(local.encode()) <= _LONGEST
    if not is_local or not _DOMAIN.fullmatch(domain):
        raise ValueError(text)
    if not _PLAIN.fullmatch(local):
        local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return f"{local}@{in_ascii(domain)}"


def in_ascii(domain: str) -> str:
    """Return a domain as the name system has it, unless that would be another one."""
    try:
        spelled = domain.encode("idna").decode("ascii")
        is_same = spelled.encode("ascii").decode("idna") == domain.lower()
    except UnicodeError:
        return domain
    return spelled if is_same else domain

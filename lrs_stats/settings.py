"""The settings: `config/*.toml`, then `LRS_STATS_…` from the environment, then flags.

Each later source wins over the earlier. An unknown key is refused, so that a typing error is
never a silent default. The options of plugins are tables of the files, `[options.NAME]`, or
`LRS_STATS_OPTIONS__NAME__KEY`; the plugins know which there are.
"""

import json
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from lrs_stats.errors import CommandError

PREFIX = "LRS_STATS_"
OPTIONS: Final = PREFIX + "OPTIONS__"
_POSITIVE = (
    "processes",
    "threads",
    "idle_minutes",
    "max_body_mb",
    "max_attachments_mb",
    "max_page_size",
    "poll_seconds",
    "sign_in_hours",
    "audit_days",
    "export_days",
    "export_minutes",
    "export_mb_per_person",
    "link_days",
    "exports_at_once",
    "exports_at_once_per_person",
)
LONGEST_KEPT = 24_855
"""Days for which MongoDB can keep what it removes by itself: so many seconds fit 31 bits."""
_ODD = frozenset("%#?*[]")
"""Characters that delta-rs or Polars take for something else than a part of a name."""
_NOT_NEGATIVE = (
    "xapi_requests_per_second",
    "failed_authentications_per_second",
    "history_days",
    "sign_in_attempts_by_account",
    "sign_in_attempts_by_address",
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_PROTECTED = re.compile(
    r"(https://([^\s/?#@:\[]+|\[[0-9A-Fa-f:.]+\])|http://(localhost|127\.0\.0\.1|\[::1\]))"
    r"(:\d{1,5})?([/?][^\s#]*)?"
)
_ADDRESS = re.compile(r"https?://[^\s?#]*[^\s?#/]")
_LONGEST_LEEWAY = 300
_PAGE_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+")
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^\s/?#@]+")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set; `config/lrs-stats.toml` explains each."""

    data: Path = Path("var")
    mongo: str = ""
    database: str = "lrs_stats"
    host: str = "127.0.0.1"
    port: int = 8080
    processes: int = 2
    threads: int = 16
    timezone: str = "Europe/Paris"
    idle_minutes: float = 30.0
    ignore_case: bool = False
    scim_account_home_page: str = ""
    max_body_mb: int = 50
    max_attachments_mb: int = 1024
    max_page_size: int = 10_000
    xapi_default_version: str = "1.0.3"
    xapi_origins: str = "*"
    page_origins: str = ""
    xapi_requests_per_second: int = 1000
    failed_authentications_per_second: int = 10
    plugins: str = ""
    resolver: str = "roles"
    poll_seconds: float = 0.5
    worker_nice: int = 5
    history_days: int = 30
    check_at: str = "03:00"
    audit_days: int = 365
    export_days: int = 7
    export_minutes: float = 120.0
    export_mb_per_person: int = 2048
    exports_at_once: int = 1
    exports_at_once_per_person: int = 2
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_from: str = ""
    mail_with: str = "file"
    link_days: int = 7
    public_url: str = ""
    deliveries_folder: str = ""
    admin_key: str = ""
    admin_secret: str = ""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_keys: str = ""
    jwt_claim: str = "sub"
    jwt_claim_is: str = "id"
    jwt_algorithms: str = "RS256"
    jwt_leeway_seconds: float = 60.0
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = ""
    oidc_scopes: str = "openid profile email"
    oidc_claim: str = "sub"
    oidc_claim_is: str = "id"
    oidc_algorithms: str = "RS256"
    sign_in_hours: float = 12.0
    sign_in_attempts_by_account: int = 10
    sign_in_attempts_by_address: int = 100
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """What is set of plugins, by their names; the registry holds it against their schemas."""

    def __post_init__(self) -> None:
        """Refuse what no server can run with, in one sentence."""
        if self.timezone not in available_timezones():
            raise CommandError(
                f"timezone is {self.timezone!r}, which is no IANA time zone such as Europe/Paris."
            )
        if self.xapi_default_version not in {"1.0.3", "2.0.0"}:
            raise CommandError(
                f"xapi_default_version is {self.xapi_default_version!r}; it is 1.0.3 or 2.0.0."
            )
        if odd := _ODD & set(str(self.data.absolute())):
            raise CommandError(
                f"The data folder {self.data.absolute()} has {min(odd)} in its path, which the "
                f"tables of the facts cannot be under. Choose one without {' '.join(sorted(_ODD))}."
            )
        if not 0 < self.port < 1 << 16:
            raise CommandError(f"port is {self.port}; it must be between 1 and 65535.")
        for name in _POSITIVE:
            if not 0 < getattr(self, name) < math.inf:
                raise CommandError(
                    f"{name} is {getattr(self, name)}; it must be above 0, and finite."
                )
        if bool(self.admin_key) != bool(self.admin_secret):
            raise CommandError("Set admin_key and admin_secret together, or neither.")
        if not 0 <= self.worker_nice <= 19:  # noqa: PLR2004 - the kernel's scale
            raise CommandError(f"worker_nice is {self.worker_nice}; it must be between 0 and 19.")
        if self.check_at and not _CLOCK.fullmatch(self.check_at):
            raise CommandError(
                f"check_at is {self.check_at!r}; expected a time of day such as 03:00, or nothing."
            )
        self._check_clients()
        self._check_provider()
        self._check_sign_in()
        self._check_deliveries()

    def _check_clients(self) -> None:
        for name in ("audit_days", "export_days"):
            if (days := getattr(self, name)) > LONGEST_KEPT:
                raise CommandError(f"{name} is {days}; it is {LONGEST_KEPT} at most.")
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise CommandError(f"{name} is {getattr(self, name)}; it must be 0 or above.")
        for origin in self.xapi_origins.split():
            if not _ORIGIN.fullmatch(origin):
                raise CommandError(
                    f"xapi_origins has {origin!r}; expected * or origins such as "
                    "https://lms.example.org."
                )
        for origin in self.page_origins.split():
            if not _PAGE_ORIGIN.fullmatch(origin):
                raise CommandError(
                    f"page_origins has {origin!r}; expected origins such as "
                    "https://lms.example.org, whose pages may show ours in a frame."
                )

    def _check_provider(self) -> None:
        named = (self.jwt_issuer, self.jwt_audience, self.jwt_keys)
        if any(named) and not all(named):
            raise CommandError("Set jwt_issuer, jwt_audience and jwt_keys together, or none.")
        if re.match("https?:", self.jwt_keys) and not is_protected(self.jwt_keys):
            raise CommandError(
                f"jwt_keys is {self.jwt_keys!r}; expected an address with https, since whoever "
                "can change the keys on their way can sign in as anybody, or a file."
            )
        if self.jwt_claim_is not in {"id", "email"}:
            raise CommandError(f"jwt_claim_is is {self.jwt_claim_is!r}; it is id or email.")
        if not self.jwt_claim or not self.jwt_algorithms.split():
            raise CommandError("jwt_claim and jwt_algorithms must not be empty.")
        if not 0 <= self.jwt_leeway_seconds <= _LONGEST_LEEWAY:
            raise CommandError(
                f"jwt_leeway_seconds is {self.jwt_leeway_seconds}; it must be between 0 and "
                f"{_LONGEST_LEEWAY}."
            )

    def _check_sign_in(self) -> None:
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise CommandError("Set oidc_issuer and oidc_client_id together, or neither.")
        if self.oidc_claim_is not in {"id", "email"}:
            raise CommandError(f"oidc_claim_is is {self.oidc_claim_is!r}; it is id or email.")
        if not self.oidc_claim or not self.oidc_algorithms.split():
            raise CommandError("oidc_claim and oidc_algorithms must not be empty.")
        if "openid" not in self.oidc_scopes.split():
            raise CommandError("oidc_scopes must have openid, without which nobody is named.")
        if not self.oidc_issuer:
            return
        if not is_protected(self.oidc_issuer) or "?" in self.oidc_issuer:
            raise CommandError(
                f"oidc_issuer is {self.oidc_issuer!r}; expected an address with https, such as "
                "https://id.example.org/realms/staff."
            )
        if not is_protected(self.public_url):
            raise CommandError(
                "Set public_url to the address of this server, with https: the provider of "
                "oidc_issuer sends people back to it."
            )

    def _check_deliveries(self) -> None:
        if bool(self.smtp_host) != bool(self.smtp_from):
            raise CommandError("Set smtp_host and smtp_from together, or neither.")
        if self.smtp_security not in {"starttls", "tls", "none"}:
            raise CommandError(
                f"smtp_security is {self.smtp_security!r}; it is starttls, tls or none."
            )
        if not 0 < self.smtp_port < 1 << 16:
            raise CommandError(f"smtp_port is {self.smtp_port}; it must be between 1 and 65535.")
        if self.mail_with not in {"file", "link"}:
            raise CommandError(f"mail_with is {self.mail_with!r}; it is file or link.")
        if self.public_url and not _ADDRESS.fullmatch(self.public_url):
            raise CommandError(
                f"public_url is {self.public_url!r}; expected an address such as "
                "https://lrs.example.org, without a slash at the end."
            )
        if self.mail_with == "link" and self.smtp_host and not self.public_url:
            raise CommandError("mail_with is link: set public_url, with which links begin.")
        if self.link_days > self.export_days:
            raise CommandError(
                f"link_days is {self.link_days}; a file is kept for {self.export_days} days, those "
                "of export_days."
            )

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of days and months."""
        return ZoneInfo(self.timezone)

    @property
    def facts(self) -> Path:
        """Return the folder of the facts tables."""
        return self.data / "facts"

    @property
    def exports(self) -> Path:
        """Return the folder of the files that were made in the background."""
        return self.data / "exports"

    def environment(self) -> dict[str, str]:
        """Return the settings as variables, for a process of the same server."""
        return {PREFIX + name.upper(): str(getattr(self, name)) for name in _DEFAULTS} | {
            f"{OPTIONS}{plugin.upper()}__{key.upper()}": _spelled(value)
            for plugin, given in self.options.items()
            for key, value in given.items()
        }


def is_protected(address: str) -> bool:
    """Tell whether nobody can change what an address answers on its way: https, or this machine."""
    return _PROTECTED.fullmatch(address) is not None


def _spelled(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    config: Path = Path("config"),
) -> Settings:
    """Read the settings from files, environment and flags; None among the flags is not set."""
    values: dict[str, Any] = {}
    options: dict[str, dict[str, Any]] = {}
    for path in sorted(config.glob("*.toml")) if config.is_dir() else []:
        read = _read(path)
        _add_tables(options, read.pop("options", {}), str(path))
        values |= {key: _checked(key, value, str(path)) for key, value in read.items()}
    for name, text in (os.environ if environment is None else environment).items():
        if name.startswith(OPTIONS):
            _add_variable(options, name, text)
        elif name.startswith(PREFIX):
            key = name.removeprefix(PREFIX).lower()
            values[key] = _checked(key, text, f"the environment ({name})")
    for key, value in (flags or {}).items():
        if value is not None:
            values[key] = _checked(key, value, "the flags")
    return Settings(**values, options=options)


def _add_tables(options: dict[str, dict[str, Any]], tables: Any, source: str) -> None:
    """Add the tables `[options.NAME]` of a file."""
    named = tables.items() if isinstance(tables, dict) else [("", tables)]
    for name, table in named:
        if not isinstance(table, dict):
            raise CommandError(
                f"{source} sets options to something else than tables. The options of a plugin "
                "stand under [options.NAME]."
            )
        for key, value in table.items():
            if not _is_plain(value):
                raise CommandError(
                    f"{source} sets options.{name}.{key} to {value!r}; expected a text, a number, "
                    "true or false, or a table of these."
                )
            options.setdefault(name, {})[key] = value


def _is_plain(value: Any) -> bool:
    """Return whether a plugin can be given a value: a text, a number, a truth, or a table."""
    if isinstance(value, dict):
        return all(isinstance(one, str | int | float) for one in value.values())
    return isinstance(value, str | int | float)


def _add_variable(options: dict[str, dict[str, Any]], variable: str, text: str) -> None:
    """Add an option that the environment gives."""
    name, parted, key = variable.removeprefix(OPTIONS).lower().partition("__")
    if not (name and parted and key):
        raise CommandError(
            f"the environment ({variable}) names no option. They are spelled {OPTIONS}NAME__KEY, "
            f"such as {OPTIONS}ROLES__COACH_SUBGROUPS."
        )
    options.setdefault(name, {})[key] = text


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is not valid TOML: {error}.") from error


def _text(value: Any) -> str:
    """Return a text; a list or a number of a file is none."""
    if not isinstance(value, str | Path):
        raise TypeError(value)
    return str(value)


_DEFAULTS = {one.name: one.default for one in fields(Settings) if one.name != "options"}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
# Numbers are read from their spelling, so that 8080.7 is not cut down and true is not 1.
_KINDS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    str: ("a text", _text),
    int: ("a whole number", lambda value: int(str(value))),
    float: ("a number", lambda value: float(str(value))),
    bool: ("true or false", lambda value: _TRUTHS[str(value).lower()]),
    type(Path()): ("a path", lambda value: Path(_text(value))),
}


def _checked(key: str, value: Any, source: str) -> Any:
    """Return the value in the type of its setting."""
    if key not in _DEFAULTS:
        known = ", ".join(sorted(_DEFAULTS))
        raise CommandError(
            f"{source} sets {key!r}, which is no setting. The settings are: {known}."
        )
    expected, read = _KINDS[type(_DEFAULTS[key])]
    try:
        return read(value)
    except (KeyError, TypeError, ValueError):
        raise CommandError(f"{source} sets {key} to {value!r}; expected {expected}.") from None

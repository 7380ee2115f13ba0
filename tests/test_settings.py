"""The settings: explained and true in the shipped file, refused when wrong, later ones winning."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lrs_stats.errors import CommandError
from lrs_stats.registry import build
from lrs_stats.settings import Settings, load

SHIPPED = Path(__file__).parents[1] / "config" / "lrs-stats.toml"
SETTING = re.compile(r"^#([a-z_]+ = .*|\[options\.[a-z_]+\])$", re.MULTILINE)
KNOWN = ", ".join(sorted({field.name for field in fields(Settings)} - {"options"}))


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def refusal(**sources: Any) -> str:
    nothing: dict[str, Any] = {"environment": {}, "config": Path("no-such-folder")}
    with pytest.raises(CommandError) as refused:
        load(**nothing | sources)
    return str(refused.value)


def test_the_shipped_file_has_every_setting_with_its_default_in_order() -> None:
    shipped = tomllib.loads("\n".join(SETTING.findall(SHIPPED.read_text("utf-8"))))
    options = shipped.pop("options")
    defaults = {
        field.name: str(field.default) if isinstance(field.default, Path) else field.default
        for field in fields(Settings)
        if field.name != "options"
    }
    assert list(shipped.items()) == list(defaults.items())
    taking = build(Settings()).resolvers | build(Settings()).metrics | build(Settings()).exporters
    declared = {
        name: msgspec.structs.asdict(schema())
        for name, one in taking.items()
        if (schema := getattr(one, "Options", None))
        and getattr(one, "options_table", name) == name  # others have a file of their own
    }
    assert options == declared


def test_the_shipped_file_explains_every_setting() -> None:
    paragraphs = SHIPPED.read_text("utf-8").strip().split("\n\n")
    for paragraph in paragraphs[1:]:
        first, *_, last = paragraph.splitlines()
        assert first.startswith("# "), paragraph
        assert first.endswith("."), paragraph
        assert SETTING.fullmatch(last), paragraph


def test_options_of_plugins_are_tables_and_variables(tmp_path: Path) -> None:
    config = written(tmp_path, a="[options.roles]\ncoach_whole = true\ncoach_subgroups = true")
    settings = load(
        environment={"LRS_STATS_OPTIONS__ROLES__COACH_SUBGROUPS": "false"},
        config=config,
    )
    assert settings.options == {"roles": {"coach_whole": True, "coach_subgroups": "false"}}
    again = load(environment=settings.environment(), config=Path("no-such-folder"))
    options = vars(build(again).resolver)["_options"]
    assert (options.coach_whole, options.coach_subgroups) == (True, False)


def test_an_option_may_be_a_table_and_reach_another_process(tmp_path: Path) -> None:
    config = written(tmp_path, a="[options.organisation.delivered_time_of]\np-1 = 'progress'")
    settings = load(environment={}, config=config)
    assert settings.options == {"organisation": {"delivered_time_of": {"p-1": "progress"}}}
    again = load(environment=settings.environment(), config=Path("no-such-folder"))
    for one in (settings, again):
        organisation = vars(build(one).exporters["opca_logs"])["_organisation"]
        assert organisation.delivered_time_of == {"p-1": "progress"}


def test_what_is_no_table_of_options_is_refused(tmp_path: Path) -> None:
    said = refusal(config=written(tmp_path, s="options = 5"))
    assert said.startswith(f"{tmp_path}/s.toml sets options to something else than tables.")
    said = refusal(config=written(tmp_path, s="options = {roles = 5}"))
    assert said.startswith(f"{tmp_path}/s.toml sets options to something else than tables.")
    said = refusal(config=written(tmp_path, s="[options.roles]\na = [1]"))
    assert said.startswith(f"{tmp_path}/s.toml sets options.roles.a to [1]; expected a text")
    said = refusal(config=written(tmp_path, s="[options.roles.a]\nb = [1]"))
    assert said.startswith(f"{tmp_path}/s.toml sets options.roles.a to {{'b': [1]}}; expected")
    said = refusal(environment={"LRS_STATS_OPTIONS__ROLES": "x"})
    assert said.startswith("the environment (LRS_STATS_OPTIONS__ROLES) names no option.")


def test_the_shipped_file_changes_nothing() -> None:
    assert load(environment={}, config=SHIPPED.parent) == Settings()


def test_without_a_folder_the_defaults_hold() -> None:
    assert load(environment={}, config=Path("no-such-folder")) == Settings()


def test_later_sources_win(tmp_path: Path) -> None:
    config = written(
        tmp_path,
        a="port = 1\nhost = 'a'\ndatabase = 'a'\nresolver = 'a'",
        b="port = 2\nhost = 'b'\ndatabase = 'b'",
    )
    settings = load(
        {"port": 4, "host": None},
        {"LRS_STATS_PORT": "3", "LRS_STATS_HOST": "environment", "PORT": "9"},
        config,
    )
    found = settings.port, settings.host, settings.database, settings.resolver
    assert found == (4, "environment", "b", "a")


def test_a_setting_of_each_kind_is_read_from_the_environment() -> None:
    settings = load(
        environment={
            "LRS_STATS_DATA": "/srv/lrs",
            "LRS_STATS_PROCESSES": "4",
            "LRS_STATS_IDLE_MINUTES": "7.5",
            "LRS_STATS_IGNORE_CASE": "yes",
            "LRS_STATS_TIMEZONE": "UTC",
        },
        config=Path("no-such-folder"),
    )
    expected = Settings(
        data=Path("/srv/lrs"), processes=4, idle_minutes=7.5, ignore_case=True, timezone="UTC"
    )
    assert settings == expected


def test_a_process_reads_the_settings_of_the_one_that_starts_it() -> None:
    settings = Settings(
        data=Path("/srv/lrs"), port=9, ignore_case=True, admin_key="k", admin_secret="s"
    )
    assert load(environment=settings.environment(), config=Path("no-such-folder")) == settings


def test_an_unknown_key_is_refused_with_its_source(tmp_path: Path) -> None:
    config = written(tmp_path, server="prot = 8081")
    said = f"sets 'prot', which is no setting. The settings are: {KNOWN}."
    assert refusal(config=config) == f"{tmp_path}/server.toml {said}"
    assert (
        refusal(environment={"LRS_STATS_PROT": "8081"})
        == f"the environment (LRS_STATS_PROT) {said}"
    )
    assert refusal(flags={"prot": 8081}) == f"the flags {said}"


def test_a_table_in_a_file_is_no_setting(tmp_path: Path) -> None:
    said = refusal(config=written(tmp_path, server="[serve]\nport = 8081"))
    assert said.startswith(f"{tmp_path}/server.toml sets 'serve', which is no setting.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port = 'http'", "port to 'http'; expected a whole number."),
        ("port = 8080.7", "port to 8080.7; expected a whole number."),
        ("port = true", "port to True; expected a whole number."),
        ("idle_minutes = 'half an hour'", "idle_minutes to 'half an hour'; expected a number."),
        ("idle_minutes = true", "idle_minutes to True; expected a number."),
        ("ignore_case = 'perhaps'", "ignore_case to 'perhaps'; expected true or false."),
        ("plugins = ['a', 'b']", "plugins to ['a', 'b']; expected a text."),
        ("data = 5", "data to 5; expected a path."),
    ],
)
def test_a_value_of_another_kind_is_refused(tmp_path: Path, line: str, said: str) -> None:
    assert refusal(config=written(tmp_path, s=line)) == f"{tmp_path}/s.toml sets {said}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "0", "port is 0; it must be between 1 and 65535."),
        ("PORT", "65536", "port is 65536; it must be between 1 and 65535."),
        ("PROCESSES", "0", "processes is 0; it must be above 0, and finite."),
        ("THREADS", "-1", "threads is -1; it must be above 0, and finite."),
        ("IDLE_MINUTES", "nan", "idle_minutes is nan; it must be above 0, and finite."),
        ("IDLE_MINUTES", "inf", "idle_minutes is inf; it must be above 0, and finite."),
        ("MAX_BODY_MB", "0", "max_body_mb is 0; it must be above 0, and finite."),
        ("MAX_ATTACHMENTS_MB", "0", "max_attachments_mb is 0; it must be above 0, and finite."),
        ("MAX_PAGE_SIZE", "0", "max_page_size is 0; it must be above 0, and finite."),
        ("EXPORT_DAYS", "30000", "export_days is 30000; it is 24855 at most."),
        ("SMTP_HOST", "mail", "Set smtp_host and smtp_from together, or neither."),
        ("SMTP_SECURITY", "ssl", "smtp_security is 'ssl'; it is starttls, tls or none."),
        ("SMTP_PORT", "0", "smtp_port is 0; it must be between 1 and 65535."),
        ("MAIL_WITH", "both", "mail_with is 'both'; it is file or link."),
        (
            "PUBLIC_URL",
            "https://lrs.example.org/",
            (
                "public_url is 'https://lrs.example.org/'; expected an address such as "
                "https://lrs.example.org, without a slash at the end."
            ),
        ),
        (
            "LINK_DAYS",
            "8",
            "link_days is 8; a file is kept for 7 days, those of export_days.",
        ),
        ("WORKER_NICE", "20", "worker_nice is 20; it must be between 0 and 19."),
        ("POLL_SECONDS", "0", "poll_seconds is 0.0; it must be above 0, and finite."),
        (
            "DATA",
            "/srv/a[1]",
            (
                "The data folder /srv/a[1] has [ in its path, which the tables of the facts "
                "cannot be under. Choose one without # % * ? [ ]."
            ),
        ),
        (
            "TIMEZONE",
            "Paris",
            "timezone is 'Paris', which is no IANA time zone such as Europe/Paris.",
        ),
        (
            "XAPI_DEFAULT_VERSION",
            "1.0.2",
            "xapi_default_version is '1.0.2'; it is 1.0.3 or 2.0.0.",
        ),
        (
            "XAPI_ORIGINS",
            "https://b.example/path",
            (
                "xapi_origins has 'https://b.example/path'; "
                "expected * or origins such as https://lms.example.org."
            ),
        ),
        (
            "XAPI_REQUESTS_PER_SECOND",
            "-1",
            "xapi_requests_per_second is -1; it must be 0 or above.",
        ),
        (
            "FAILED_AUTHENTICATIONS_PER_SECOND",
            "-1",
            "failed_authentications_per_second is -1; it must be 0 or above.",
        ),
        ("HISTORY_DAYS", "-1", "history_days is -1; it must be 0 or above."),
        (
            "CHECK_AT",
            "3:00",
            "check_at is '3:00'; expected a time of day such as 03:00, or nothing.",
        ),
        ("ADMIN_KEY", "key", "Set admin_key and admin_secret together, or neither."),
    ],
)
def test_a_value_that_no_server_can_run_with_is_refused(name: str, value: str, said: str) -> None:
    assert refusal(environment={f"LRS_STATS_{name}": value}) == said


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    said = refusal(config=written(tmp_path, s="port = "))
    assert said.startswith(f"{tmp_path}/s.toml is not valid TOML: ")

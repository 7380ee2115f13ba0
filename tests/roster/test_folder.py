"""A folder of CSV files is taken whole, or refused with every fault and its place."""

from datetime import date
from pathlib import Path

import pytest

from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.folder import read
from lrs_stats.roster.tables import TABLES, Enrolment, Person, Program
from tests.roster.folders import complaints, write

EXAMPLE = Path(__file__).parents[2] / "config" / "example-roster"
UUID = "4b0f1f2c-8c1d-4f0e-9a57-2d5c1c0a8e11"


def test_example_is_taken() -> None:
    assert read(EXAMPLE).counts() == {
        "people": 5,
        "groups": 2,
        "memberships": 5,
        "courses": 2,
        "course_staff": 2,
        "programs": 1,
        "program_courses": 2,
        "sessions": 1,
        "enrolments": 3,
    }


def test_columns_in_any_order_and_optional_ones_absent(tmp_path: Path) -> None:
    write(tmp_path, "people\n status, id ,last_name\n active, p1 , Martin ")
    (person,) = read(tmp_path).people
    assert person == Person("p1", "", "", "", "", "Martin", "", "", "", "", "active")


def test_values_have_the_kind_of_their_column(tmp_path: Path) -> None:
    write(
        tmp_path,
        f"""
        people
        id,status
        p1,active

        courses
        id,planned_minutes
        https://x.org/c1,090
        https://x.org/c2,

        programs
        id
        g1

        sessions
        id,program_id,start,end
        https://x.org/s1,g1,2024-02-29,2024-02-29

        enrolments
        session_id,person_id,status,registration
        https://x.org/s1,p1,pending,{UUID.upper()}
        """,
    )
    tables = read(tmp_path)
    assert [course.planned_minutes for course in tables.courses] == [90, None]
    assert tables.sessions[0].start == date(2024, 2, 29)
    assert tables.enrolments == (Enrolment("https://x.org/s1", "p1", "pending", UUID),)


def test_byte_order_mark_crlf_blank_lines_and_quoted_line_breaks(tmp_path: Path) -> None:
    text = '\ufeffid,title,objectives\r\n\r\ng1,"Une ""bonne"" année","a,\r\nb"\r\n \r\n'
    (tmp_path / "programs.csv").write_bytes(text.encode())
    assert read(tmp_path).programs == (Program("g1", 'Une "bonne" année', "", "a,\r\nb"),)


def test_folder_without_tables(tmp_path: Path) -> None:
    names = ", ".join(f"{table}.csv" for table in TABLES)
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert complaints(folder) == [f"{folder}: the folder holds none of {names}."]


def test_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").mkdir()
    assert complaints(tmp_path) == ["groups.csv: the file cannot be read: Is a directory."]


def test_first_hundred_complaints_and_how_many_more(tmp_path: Path) -> None:
    write(tmp_path, "groups\nid,parent_id\n" + "\n".join(f"g{n},nobody" for n in range(130)))
    with pytest.raises(RosterRefused, match="130 faults, of which the first 100") as refused:
        read(tmp_path)
    document = refused.value.document()
    assert document["status"] == 400
    assert document["left_out"] == refused.value.left_out == 30
    assert len(refused.value.complaints) == 100
    assert refused.value.complaints[99].place == "groups.csv, line 101"

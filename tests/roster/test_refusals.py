"""What is wrong in a folder of CSV files is named by file and line, all of it at once."""

from pathlib import Path

import pytest

from lrs_stats.roster.tables import TABLES
from tests.roster.folders import complaints, write

UUID = "4b0f1f2c-8c1d-4f0e-9a57-2d5c1c0a8e11"

PEOPLE = """
    people
    id,status
    p1,active
    p2,active
"""

BROKEN = {
    "e-mail of two people, whatever the case of its domain": (
        """
        people
        id,email,status
        p3,Lea@Example.org,active
        p4,lea@example.org,active
        p5,Lea@EXAMPLE.org,active
        """,
        ['people.csv, line 4: the email "Lea@EXAMPLE.org" is already that of person p3 (line 2).'],
    ),
    "account of two people": (
        """
        people
        id,account_homepage,account_name,status
        p1,https://x.org,lea,active
        p2,https://y.org,lea,active
        p3,https://x.org,lea,active
        """,
        [
            (
                'people.csv, line 4: the account_homepage and account_name "https://x.org", "lea" '
                "are already those of person p1 (line 2)."
            )
        ],
    ),
    "half an account": (
        """
        people
        id,account_homepage,account_name,status
        p1,https://x.org,,active
        p2,,lea,active
        """,
        [
            f"people.csv, line {line}: an account needs both its account_homepage and its "
            "account_name."
            for line in (2, 3)
        ],
    ),
    "cells of people": (
        """
        people
        id,email,account_homepage,account_name,role,manager_id,status
        ,,,,,,active
        p1,lea,,,,,active
        p1,mailto:lea@x.org,,,,,
        p2,,x.org,lea,root,p9,Active
        """,
        [
            "people.csv, line 2: the id is missing.",
            'people.csv, line 3: the email "lea" is no e-mail address such as lea@example.org.',
            (
                'people.csv, line 4: the email "mailto:lea@x.org" is no e-mail address such as '
                "lea@example.org."
            ),
            "people.csv, line 4: the status is missing.",
            'people.csv, line 4: the id "p1" is already that of line 3.',
            (
                'people.csv, line 5: the account_homepage "x.org" is no IRI such as '
                "https://example.org/courses/1."
            ),
            'people.csv, line 5: the role "root" is none of owner, admin.',
            'people.csv, line 5: the status "Active" is none of active, invited, deleted.',
            'people.csv, line 5: the manager_id "p9" is the id of no person.',
        ],
    ),
    "groups in a circle": (
        """
        groups
        id,parent_id
        a,b
        b,c
        c,b
        d,d
        e,f
        """,
        [
            'groups.csv, line 2: a group is its own parent: "b" → "c" → "b".',
            'groups.csv, line 5: a group is its own parent: "d" → "d".',
            'groups.csv, line 6: the parent_id "f" is the id of no group.',
        ],
    ),
    "memberships": (
        PEOPLE
        + """
        groups
        id
        g

        memberships
        group_id,person_id,role
        g,p1,coach
        g,p1,learner
        g,p1,coach
        h,p3,learner
        """,
        [
            (
                'memberships.csv, line 4: the group_id and person_id and role "g", "p1", "coach" '
                "are already those of line 2."
            ),
            'memberships.csv, line 5: the group_id "h" is the id of no group.',
            'memberships.csv, line 5: the person_id "p3" is the id of no person.',
        ],
    ),
    "courses and programs": (
        """
        courses
        id,author_id,planned_minutes
        https://x.org/c,,-1
        safety,,1.5
        https://x.org/a b,,9999999999

        programs
        id
        g

        program_courses
        program_id,course_id,position
        g,https://x.org/c,
        g,https://x.org/c,1
        """,
        [
            'courses.csv, line 2: the planned_minutes "-1" is no whole number from 0 to 999999999.',
            'courses.csv, line 3: the id "safety" is no IRI such as https://example.org/courses/1.',
            (
                'courses.csv, line 3: the planned_minutes "1.5" is no whole number from 0 to '
                "999999999."
            ),
            (
                'courses.csv, line 4: the id "https://x.org/a b" is no IRI such as '
                "https://example.org/courses/1."
            ),
            (
                'courses.csv, line 4: the planned_minutes "9999999999" is no whole number from '
                "0 to 999999999."
            ),
            "program_courses.csv, line 2: the position is missing.",
            (
                'program_courses.csv, line 3: the program_id and course_id "g", "https://x.org/c" '
                "are already those of line 2."
            ),
        ],
    ),
    "dates of sessions": (
        """
        programs
        id
        g

        sessions
        id,program_id,start,end
        https://x.org/1,g,2024-02-30,20240301
        https://x.org/2,g,2024-03-02,2024-03-01
        https://x.org/3,g,2024-03-02,
        """,
        [
            'sessions.csv, line 2: the start "2024-02-30" is no date such as 2024-03-31.',
            'sessions.csv, line 2: the end "20240301" is no date such as 2024-03-31.',
            "sessions.csv, line 3: the session ends on 2024-03-01, before it starts on 2024-03-02.",
            "sessions.csv, line 4: the end is missing.",
        ],
    ),
    "enrolments": (
        PEOPLE
        + f"""
        programs
        id
        g

        sessions
        id,program_id,start,end
        https://x.org/1,g,2024-03-01,2024-03-02

        enrolments
        session_id,person_id,status,registration
        https://x.org/1,p1,active,{UUID}
        https://x.org/1,p1,cancelled,
        https://x.org/1,p2,done,{UUID.upper()}
        https://x.org/2,p2,pending,abc
        """,
        [
            (
                'enrolments.csv, line 3: the session_id and person_id "https://x.org/1", "p1" are '
                "already those of line 2."
            ),
            'enrolments.csv, line 4: the status "done" is none of pending, active, cancelled.',
            f'enrolments.csv, line 4: the registration "{UUID}" is already that of line 2.',
            f'enrolments.csv, line 5: the registration "abc" is no UUID such as {UUID}.',
            'enrolments.csv, line 5: the session_id "https://x.org/2" is the id of no session.',
        ],
    ),
    "a missing file is told once": (
        PEOPLE
        + """
        memberships
        group_id,person_id,role
        g,p1,learner
        g,p2,learner
        """,
        ["groups.csv: the file is missing, and memberships.csv refers to it."],
    ),
    "columns": (
        """
        people
        id,e-mail,status
        p1,lea@example.org,active

        groups
        name
        Workshop

        programs
        id,title,title
        g,a,b
        """,
        [
            (
                'people.csv: the column "e-mail" is unknown; the columns are '
                f"{', '.join(column.name for column in TABLES['people'].columns)}."
            ),
            "groups.csv: the column id is missing.",
            "programs.csv: the column title is there 2 times.",
        ],
    ),
    "a row that cannot be read hides no other fault, and makes none": (
        """
        people
        id,status
        p1,active,x
        p2

        groups
        id
        g

        memberships
        group_id,person_id,role
        g,p1,learner
        h,p2,learner
        """,
        [
            "people.csv, line 2: expected 2 cells as in the header, found 3.",
            "people.csv, line 3: expected 2 cells as in the header, found 1.",
            'memberships.csv, line 3: the group_id "h" is the id of no group.',
        ],
    ),
    "quotation marks": (
        """
        groups
        id,name
        a,"one
        two"
        b,"three" four
        c,
        c,"five
        """,
        [
            (
                "groups.csv, line 4: a closing quotation mark is not followed by a comma; write "
                "a quotation mark within a cell twice."
            ),
            "groups.csv, line 6: a quotation mark is opened in this row and never closed.",
        ],
    ),
    "semicolons": (
        """
        groups
        id;name
        a;one
        """,
        ["groups.csv: the cells are separated by semicolons; use commas."],
    ),
    "an unknown file": (
        PEOPLE
        + """
        enrolment
        session_id
        """,
        [f"enrolment.csv: this is no table; the tables are {', '.join(TABLES)}."],
    ),
    "a text that is too long": (
        f"""
        groups
        id,name
        a,{"x" * 10_001}
        """,
        ["groups.csv, line 2: the name is longer than 10000 characters."],
    ),
    "a control character": (
        """
        groups
        id,name
        a,one\0two
        """,
        ["groups.csv, line 2: the name 'one\\x00two' holds a control character."],
    ),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_refused(text: str, expected: list[str], tmp_path: Path) -> None:
    assert complaints(write(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "groups.csv: the file has no header line."),
        (b"id\ncaf\xe9\n", "groups.csv, line 2: the line is not valid UTF-8."),
        (
            b"id\na\rb\n",
            "groups.csv, line 2: a carriage return stands within a cell without quotation marks.",
        ),
    ],
)
def test_bytes_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_bytes(content)
    assert complaints(tmp_path) == [expected]

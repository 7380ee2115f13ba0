"""The tables of a roster, and the addresses under which the simulated LMS keeps things."""

from typing import Final

LMS: Final = "https://lms.example.org"
COURSE_IDS: Final = {
    "cmi5": LMS + "/cmi5/course/{}",
    "moodle": LMS + "/moodle/course/view.php?id={}",
    "openedx": LMS + "/openedx/course/course-v1:example+C{}+1",
    "lms": LMS + "/lms/course/{}",
}
TOOLS: Final = ("cmi5", "moodle", "openedx", "cmi5", "lms", "moodle", "cmi5", "openedx")
"""The tool of the first course, of the second, and so on; then again."""

COLUMNS: Final = {
    "people": (
        *("id", "email", "account_homepage", "account_name", "first_name", "last_name", "role"),
        *("manager_id", "employer", "employer_siret", "status"),
    ),
    "groups": ("id", "name", "parent_id"),
    "memberships": ("group_id", "person_id", "role"),
    "courses": ("id", "title", "author_id", "planned_minutes"),
    "course_staff": ("course_id", "person_id", "role"),
    "programs": ("id", "title", "nature", "objectives"),
    "program_courses": ("program_id", "course_id", "position"),
    "sessions": ("id", "program_id", "title", "start", "end", "modality"),
    "enrolments": ("session_id", "person_id", "status", "registration"),
}

Row = dict[str, str]

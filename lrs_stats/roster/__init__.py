"""People, groups, courses, programs, sessions and enrolments, as the LMS tells them."""

"""The longest tests of this folder, the longest first: they are begun before its others.

Tests are handed out to several workers, and who has none left takes over half of what waits elsewhere; but nobody takes over a test
that runs, nor the one behind it. Were these the last ones, two of them would run alone for minutes.
"""

LONGEST = (
    "test_real_others.py::test_its_dialogs_are_answered_it_speaks_for_itself_alone_and_says_how_it_failed[opencode]",
    "test_real_policy.py::test_others_refuse_by_themselves_what_is_denied_and_ask_for_the_rest[opencode]",
    "test_crash.py::test_nothing_is_lost_and_nothing_typed_twice",
    "test_storm.py::test_a_storm_loses_doubles_and_misplaces_nothing",
    "test_service.py::test_a_reload_under_load_loses_nothing",
    "test_real_policy.py::test_others_refuse_by_themselves_what_is_denied_and_ask_for_the_rest[qwen]",
    "test_real_others.py::test_its_dialogs_are_answered_it_speaks_for_itself_alone_and_says_how_it_failed[qwen]",
    "test_service_units.py::test_units_of_systemd",
    "test_real_strokes.py::test_hard_texts_arrive_verbatim_once_and_in_order[opencode]",
    "test_real_policy.py::test_others_refuse_by_themselves_what_is_denied_and_ask_for_the_rest[gemini]",
    "test_service.py::test_what_ends_the_daemon_ends_nothing_else",
)


def rank(name: str) -> int:
    """The place of a test (`file::name`) among those of this folder; all that are not named share the last one."""
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)

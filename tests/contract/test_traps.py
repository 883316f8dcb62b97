"""The traps of reading an agent's state, each with the tests that show that we don't fall into it.

What happens in reality, and which tests stand against it, is one table; a test that is renamed must be renamed here.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TRAPS = (
    (1, "Esc fires no Stop hook", "logic/test_tracker.py::test_escape_fires_no_hook"),
    (1, "Esc fires no Stop hook", "e2e/test_main_job.py::escape_makes_it_idle"),
    (2, "one glyph changes and the fleet reads wrong", "logic/test_score.py::test_how_right_it_is"),
    (2, "one glyph changes and the fleet reads wrong", "logic/test_score.py::test_two_rule_sets_side_by_side"),
    (
        2,
        "one glyph changes and the fleet reads wrong",
        "logic/test_vigilance.py::test_a_jump_after_the_version_changed_is_told_once",
    ),
    (
        2,
        "one glyph changes and the fleet reads wrong",
        "e2e/test_kinds.py::test_a_new_version_that_is_hard_to_read_is_told_once",
    ),
    (3, "the composer is drawn during work", "logic/test_detect.py::test_a_composer_during_work_is_not_idle"),
    (4, "scrollback quotes everything", "logic/test_detect.py::test_what_prose_and_logs_quote_is_not_believed"),
    (4, "scrollback quotes everything", "logic/test_detect.py::test_what_an_older_turn_said_is_not_believed"),
    (5, "narrow panes wrap the marks", "logic/test_detect.py::test_wrapped_marks_are_found_in_a_narrow_pane"),
    (
        5,
        "narrow panes hide where work began",
        "logic/test_tracker.py::test_work_whose_beginning_has_scrolled_off_is_still_that_work",
    ),
    (
        6,
        "activity is per window and second",
        "contract/test_terminal.py::test_a_screen_that_stands_is_looked_at_and_not_given_again",
    ),
    (
        7,
        "a failed look is taken for death",
        "tmux/test_terminal.py::test_a_server_that_hangs_is_unknown_and_its_late_answers_answer_nothing",
    ),
    (
        8,
        "a late hook of another run",
        "kinds/channels/test_spool.py::test_the_generation_is_the_directorys_whatever_the_call_says",
    ),
    (9, "background work outlives Stop", "logic/test_tracker.py::test_background_work_is_not_complete"),
    (
        8,
        "a child with the same hooks",
        "supervisor/test_speaker.py::test_a_spawned_agents_child_with_the_same_hooks_is_shown_and_not_believed",
    ),
    (
        8,
        "a child with the same hooks",
        "supervisor/test_speaker.py::test_an_agent_that_the_agent_started_does_not_speak_for_it",
    ),
    (
        8,
        "a child with the same hooks",
        "e2e/test_real_others.py::test_its_dialogs_are_answered_it_speaks_for_itself_alone_and_says_how_it_failed",
    ),
    (
        9,
        "background work outlives Stop",
        "kinds/channels/test_claude_hooks.py::test_a_turn_that_leaves_something_running_is_not_complete",
    ),
    (10, "the agent leaves, its shell stays", "e2e/test_main_job.py::a_killed_agent_is_not_alive"),
    (10, "the agent leaves, its shell stays", "supervisor/test_lane.py::test_a_dead_agent_is_never_typed_into"),
    (11, "a question in prose is no dialog", "logic/test_detect.py::test_a_question_in_prose_is_no_dialog"),
    (12, "a session killed from outside", "tmux/test_terminal.py::test_a_session_killed_from_outside_is_seen_at_once"),
)


@pytest.mark.parametrize(("number", "trap", "test"), TRAPS)
def test_each_trap_has_its_test(number: int, trap: str, test: str) -> None:
    path, name = test.split("::")
    assert f"def {name}(" in (TESTS / path).read_text(encoding="utf-8"), (number, trap, test)


def test_no_trap_of_reading_is_left_out() -> None:
    assert {number for number, _, _ in TRAPS} == set(range(1, 13))

import pytest

from outrider.logic.stillness import essence

STILL = {
    "a spinner and its clock": ("✻ Cooking… (34s · ↓ 120 tokens · esc to interrupt)", "✽ Brewing… (1m 2s · 120 tokens · esc to interrupt)"),
    "a command's clock": ("  ⎿  Running… (9s)", "  ⎿  Running… (1m 0s)"),
    "a blinking dot": ("● Bash(make)", "  Bash(make)"),
    "a clock of the wall": ("Worked at 15:32", "Worked at 15:33"),
    "codex": ("• Working (6s • esc to interrupt)", "◦ Working (59s • esc to interrupt)"),
    "a bar": ("⬝⬝⬝■■■■■  esc interrupt", "■■⬝⬝⬝■■■  esc interrupt"),
}  # fmt: skip
MOVES = {
    "tokens": ("✻ Cooking… (34s · ↓ 120 tokens · esc to interrupt)", "✻ Cooking… (34s · ↓ 121 tokens · esc to interrupt)"),
    "output": ("12 passed", "13 passed"),
    "a download": ("  5% 120M", "  6% 130M"),
    "a new row": ("", "● Done"),
}  # fmt: skip


@pytest.mark.parametrize("case", STILL)
def test_what_goes_on_by_itself_is_no_movement(case: str) -> None:
    before, after = STILL[case]
    assert essence(["● Text", before]) == essence(["● Text", after])


@pytest.mark.parametrize("case", MOVES)
def test_what_the_agent_does_is(case: str) -> None:
    before, after = MOVES[case]
    assert essence(["● Text", before]) != essence(["● Text", after])

"""What stands in a composer: on recorded screens, and in the shapes that agents give to texts."""

import dataclasses
import re

import drawn
from outrider.logic import composer
from outrider.logic.composer import ComposerView, holds
from outrider.model.pane import Screen

CLAUDE = drawn.kind()


def view(screen: Screen) -> ComposerView:
    seen = composer.view(CLAUDE, screen)
    assert seen is not None
    return seen


def last(name: str) -> Screen:
    return drawn.recorded()[name].frames[-1]


def test_recorded_empty_ones() -> None:
    for name in (
        "cl80-fresh-idle",
        "cl120-fresh-idle",
        "cl80-answer-done-complete",
        "clui-fresh-idle",
        "cl80-api-wait-thinking",
    ):
        assert view(last(name)).empty, name


def test_recorded_drafts() -> None:
    for name in ("cl80-draft-idle", "cl120-draft-idle", "clacc-draft-idle"):
        seen = view(last(name))
        assert seen.text == "draft text not sent yet"
        assert holds(seen, "draft text not sent yet")
        assert not holds(seen, "draft text not sent")
        assert not holds(seen, "draft text not sent yet, is it")


def test_a_wrapped_draft_is_joined() -> None:
    text = "Try again pleaseTry again pleaseTry again pleaseTry again pleaseTry again please"
    seen = view(last("cl80-err-401-esc-idle"))
    assert seen.text == text
    assert holds(seen, text)


def test_there_is_none_in_dialogs_and_overlays() -> None:
    for name in (
        "cl80-perm-bash-waiting",
        "cl80-ask-question-waiting",
        "cl80-ask-question-2-waiting",
        "cl80-help-overlay-idle",
    ):
        assert composer.view(CLAUDE, last(name)) is None, name
    for name in (
        "cl80-model-picker-waiting",
        "cl80-plan-approval-waiting",
        "cl80-transcript-view-idle",
        "cl80-boot-initializing",
    ):
        assert composer.view(CLAUDE, last(name)) is None, name
    for name in ("cl80-crash-kill9-exited", "clm1-bypass-warning-waiting"):
        assert composer.view(CLAUDE, last(name)) is None, name


def test_in_shell_mode_there_is_none() -> None:
    shell_mode = drawn.claude("x")
    rows = tuple(row.replace("❯\xa0", "!\xa0ls") for row in shell_mode.rows)
    assert composer.view(CLAUDE, dataclasses.replace(shell_mode, rows=rows)) is None


def test_ghost_text_is_nothing() -> None:
    assert view(last("cl80-queued-msg-working")).empty
    assert view(drawn.claude("x", draft='Try "refactor <filepath>"')).empty


def styled(draft: str) -> Screen:
    """A screen whose composer row is drawn as given."""
    plain = drawn.claude("x", draft=composer.ESCAPE.sub("", draft))
    rows = tuple(f"\x1b[39m❯\xa0{draft}" if row.startswith("❯\xa0") else row for row in plain.rows)
    return dataclasses.replace(plain, styled=rows)


def test_dim_text_is_a_ghost_bright_text_is_a_draft() -> None:
    assert view(styled("\x1b[7mr\x1b[0;2mun the tests\x1b[0m")).empty
    assert not view(styled("run the tests\x1b[7m \x1b[0m")).empty
    assert not view(styled("run\x1b[2m the tests\x1b[0m")).empty
    assert not view(styled("\x1b[38;2;2;2;2mrun the tests")).empty
    assert not view(styled("\x1b[48;5;2mrun the tests")).empty


def test_a_suggestion_in_colour_is_a_ghost_and_what_was_typed_a_draft() -> None:
    """As Qwen Code 0.24.4 draws them: a suggestion with the underlined cursor on its first character."""
    kind, empty = drawn.kind("qwen"), last("qn100-todo-idle-complete")

    def drawn_as(row: str) -> Screen:
        rows = tuple(row if each.startswith("> ") else each for each in empty.rows)
        return dataclasses.replace(empty, styled=rows, rows=tuple(composer.ESCAPE.sub("", each) for each in rows))

    for draft, ghost in (
        ("\x1b[4m\x1b[39mF\x1b[0m\x1b[38;5;103m\x1b[49mix parser tests", True),
        ("\x1b[39malso update docs\x1b[4m \u200b", False),
        ("\x1b[4m\x1b[39mF\x1b[24mix parser tests", False),
        ("\x1b[38;5;103m/help\x1b[4m \u200b", False),
    ):
        seen = composer.view(kind, drawn_as(f"\x1b[38;5;183m> {draft}"))
        assert seen is not None
        assert seen.empty is ghost, draft


MULTI = "First line\n\twith a tab and 'quotes' \"$HOME\" `x`\n\n  last 😀 line ✔️"


def test_several_lines_hold_whatever_blanks_became() -> None:
    drawn_as = "First line\n    with a tab and 'quotes' \"$HOME\" `x`\n\n  last 😀 line ✔"
    seen = view(drawn.claude("x", draft=drawn_as))
    assert holds(seen, MULTI)
    assert not holds(seen, MULTI + "!")
    assert not holds(seen, MULTI[:-8])


def test_a_guarded_text_holds() -> None:
    assert holds(view(drawn.claude("x", draft=" /compact")), " /compact")


def test_a_folded_paste() -> None:
    hundred = "\n".join(f"line {n}" for n in range(100))
    seen = view(drawn.claude("x", draft="[Pasted text #1 +99 lines]"))
    assert seen.pasted
    assert not seen.empty
    assert holds(seen, hundred)
    assert not holds(seen, "line 1\nline 2\nline 3\nline 4")
    assert not holds(seen, "one line")


def test_a_folded_paste_beside_text() -> None:
    text = "intro " + "x" * 900 + " and the end"
    assert holds(view(drawn.claude("x", draft="intro [Pasted text #1] and the end")), text)
    assert not holds(view(drawn.claude("x", draft="my own draft [Pasted text #1]")), text)
    assert not holds(view(drawn.claude("x", draft="[Pasted text #1] and mine")), text)


def test_a_paste_that_is_still_arriving_does_not_hold() -> None:
    text = "word " * 400
    assert not holds(view(drawn.claude("x", draft="word " * 10)), text)


def test_where_only_the_end_fits_it_must_be_the_end() -> None:
    lines = [f"line {n} of a long text" for n in range(200)]
    text = "\n".join(lines)
    assert holds(view(drawn.claude("x", draft="\n".join(lines[-10:]))), text)
    assert not holds(view(drawn.claude("x", draft="\n".join(lines[:10]))), text)
    assert not holds(view(drawn.claude("x", draft="\n".join(lines[50:60]))), text)


def test_nothing_holds_nothing() -> None:
    assert not holds(view(drawn.claude("x")), "")
    assert not holds(view(drawn.claude("x")), "text")
    assert not holds(view(drawn.claude("x", draft="text")), " ")


def test_marks_count_lines_or_characters_each_in_its_way() -> None:
    lines, wide = "\n".join("abcdef"), "🚀" * 1200
    for mark, shown, text in (
        (r"\[Pasted Text: \d+ lines\]", "[Pasted Text: 6 lines]", lines),
        (r"\[Pasted ~?\d+ lines\]", "[Pasted ~6 lines]", lines),
        (r"\[Pasted Content \d+ chars\]", "[Pasted Content 11 chars]", lines),
        (r"\[Pasted Content \d+ chars\]", "[Pasted Content 1200 chars]", wide),
        (r"\[Pasted Content \d+ chars\]", "[Pasted Content 2400 chars]", wide),
    ):
        seen = ComposerView(text=shown, empty=False, pasted=True, mark=re.compile(mark))
        assert holds(seen, text), shown
        assert not holds(seen, f"{text}\nand\nmore\nthan\nthat"), shown


def test_what_a_terminal_drops_of_an_emoji_is_not_missed() -> None:
    text = "漢字 👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u202bעברית\u202c"
    seen = ComposerView(text="漢字 👩‍👩‍👧‍ 🏳️‍🌈  é \ufffdעברית\ufffd", empty=False, pasted=False)
    assert holds(seen, text)
    assert not holds(seen, text.replace("漢", "汉"))


def test_recorded_composers_of_others_hold_what_was_typed() -> None:
    aider = "diff> one\ndiff> ^Itwo\ndiff>\ndiff> three"
    screen = drawn.at_cursor(drawn.screen("─" * 80 + "\n" + aider), 4)
    seen = composer.view(drawn.kind("aider"), screen)
    assert seen is not None
    assert holds(seen, "one\n\ttwo\n\nthree")
    gemini = "─" * 80 + "\n\n > one\n   two\n\n   three\n\n workspace (/directory)\n /tmp/project"
    seen = composer.view(drawn.kind("gemini"), drawn.screen(gemini))
    assert seen is not None
    assert holds(seen, "one\ntwo\n\nthree")
    assert seen.rows == 4, "the blank row below is none of its own"
    for dot in "· ":
        opencode = f"x\n\n      ┃\n      ┃  one\n      ┃  Two three\n      ┃\n      ┃  Build {dot} Model Provider\n      ╹▀▀▀▀▀▀▀\n"
        seen = composer.view(drawn.kind("opencode"), drawn.screen(opencode))
        assert seen is not None
        assert holds(seen, "one\nTwo three")
    command = "echo " + "x" * 90 + " > long"
    shell = drawn.screen(f"$ {command[:78]}\n{command[78:]}")
    seen = composer.view(drawn.kind("shell"), drawn.at_cursor(shell, 1))
    assert seen is not None
    assert holds(seen, command)

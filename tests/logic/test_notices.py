"""What is told, when and how often, decided without a clock, a database or a way out."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outrider.logic import notice_text, notices, sending
from outrider.model.event import Event, EventName, Fact
from outrider.model.notice import Item, Moment, Notice, NoticeRule, NoticeStatus, Try, Urgency, Wishes

MINUTE = 60_000
WAITING, ERROR, COMPLETE, CHANGE = (
    EventName.AGENT_WAITING,
    EventName.AGENT_ERROR,
    EventName.AGENT_COMPLETE,
    EventName.STATE_CHANGE,
)


def event(seq: int, name: EventName, session: str = "one", **data: object) -> Event:
    return Event(seq, "here", Fact(name, session, seq * 1000, data))


def question(seq: int, session: str = "one", approval: str | None = "a1") -> Event:
    return event(seq, WAITING, session, **({"approval": approval} if approval else {}))


def rule(*on: EventName, **changes: object) -> NoticeRule:
    return replace(NoticeRule("r", frozenset(on), ("phone",)), **changes)  # type: ignore[arg-type]


def wishes(*rules: NoticeRule, **targets: tuple[str, ...]) -> Wishes:
    return Wishes(rules, targets or {"phone": ("",), "mail": ("",)}, "db.")


class Play:
    """The book without a disk: events, time and attempts go in, what stands comes out."""

    def __init__(self, wanted: Wishes) -> None:
        self.wishes = wanted
        self.standing: dict[str, Notice] = {}
        self.all: dict[str, Notice] = {}
        self.last: dict[notices.Place, int] = {}

    def _put(self, changed: Iterable[Notice]) -> None:
        for each in changed:
            if each.id not in self.all:
                self.last[notices.place(each)] = each.created_ms
            self.all[each.id] = each
            self.standing.pop(each.id, None)
            if notices.is_live(each):
                self.standing[each.id] = each

    def event(self, happened: Event, minute: int = 720, kind: str = "claude") -> None:
        now = Moment(happened.fact.at_ms, minute)
        self._put(notices.closed(happened, self.standing.values()))
        self._put(notices.told(self.wishes, happened, now, kind=kind, standing=self.standing.values(), last=self.last))

    def time(self, now_ms: int, minute: int = 720) -> None:
        self._put(notices.again(self.wishes, self.standing, Moment(now_ms, minute)))

    def send(self, now_ms: int) -> list[Notice]:
        """Sends everything that is due."""
        sent = []
        for way in ("phone", "mail"):
            while (due := sending.next_up(self.standing.values(), way, now_ms)) is not None:
                self._put([sending.begun(due, now_ms)])
                done = sending.arrived(self.all[due.id], f"m{due.id}", now_ms)
                self._put([done])
                sent.append(done)
        return sent


def test_a_question_goes_at_once_and_is_told_where_each_rule_first_wants_it() -> None:
    play = Play(wishes(rule(WAITING, ways=("phone",)), replace(rule(WAITING, ways=("phone", "mail")), name="second")))
    play.event(question(1))
    assert [(each.way, each.rule, each.due_ms) for each in play.standing.values()] == [
        ("phone", "r", 1000),
        ("mail", "second", 1000),
    ]
    play.event(event(2, COMPLETE))
    assert len(play.all) == 2


@pytest.mark.parametrize(
    ("changes", "session", "kind", "wanted"),
    [
        ({"agents": ("api-*",)}, "api-1", "claude", True),
        ({"agents": ("api-*",)}, "web-1", "claude", False),
        ({"kinds": frozenset({"codex"})}, "one", "codex", True),
        ({"kinds": frozenset({"codex"})}, "one", "claude", False),
        ({"kinds": frozenset({"codex"})}, "one", "", False),
    ],
)
def test_which_agents(changes: dict[str, object], session: str, kind: str, *, wanted: bool) -> None:
    play = Play(wishes(rule(WAITING, **changes)))
    play.event(question(1, session), kind=kind)
    assert bool(play.standing) is wanted


def test_every_target_of_a_way_is_told_by_itself() -> None:
    play = Play(wishes(rule(WAITING), phone=("1", "-2")))
    play.event(question(1))
    assert [(each.id, each.target) for each in play.standing.values()] == [
        ("db.1.phone.1", "1"),
        ("db.1.phone.-2", "-2"),
    ]


def test_an_alert_goes_where_its_own_rule_says_and_nowhere_where_there_is_no_such_way() -> None:
    play = Play(wishes())
    play.event(event(1, EventName.ALERT, rule="late", ways=["phone", "pager"], message="too late"), minute=0)
    phone, pager = play.all.values()
    assert (phone.rule, phone.urgency, phone.status) == ("alert late", Urgency.HIGH, NoticeStatus.QUEUED)
    assert pager.status is NoticeStatus.FAILED
    assert pager.error == "There is no way out named 'pager'; there are: mail, phone."
    assert notice_text.title(phone) == "alert: too late"


def test_a_flood_is_two_messages() -> None:
    play = Play(wishes(rule(COMPLETE, digest_s=60)))
    play.event(event(1, COMPLETE, "a0"))
    assert len(play.send(1000)) == 1
    for seq in range(2, 60):
        play.event(event(seq, COMPLETE, f"a{seq}"))
        assert play.send(seq * 1000) == []
    (digest,) = play.send(61_000)
    assert len(digest.items) + digest.more == 58
    assert len(digest.items) == notices.MOST_ITEMS
    assert notice_text.title(digest) == "50 are done, and 8 more"
    assert "… and 38 more" in notice_text.body(digest)
    assert play.send(10**9) == []


def test_what_was_answered_before_it_was_sent_is_not_sent() -> None:
    play = Play(wishes(rule(WAITING, quiet="22:00-07:00")))
    play.event(question(1), minute=23 * 60)
    play.event(question(2, "two", "a2"), minute=23 * 60)
    play.event(event(3, EventName.APPROVAL_ANSWERED, approval="a1", answer="yes", by="uid:1"), minute=23 * 60)
    assert play.send(3000) == []
    (morning,) = play.send(1000 + 8 * 3600_000)
    assert [item.event.fact.session for item in morning.items] == ["two"]
    play.event(question(4), minute=23 * 60)
    play.event(event(5, CHANGE, state="working"), minute=23 * 60)
    assert [each.status for each in play.all.values()][-1] is NoticeStatus.DROPPED


@pytest.mark.parametrize(
    ("quiet", "minute", "urgency", "waits_min"),
    [
        ("22:00-07:00", 23 * 60, Urgency.NORMAL, 8 * 60),
        ("22:00-07:00", 6 * 60 + 59, Urgency.NORMAL, 1),
        ("22:00-07:00", 7 * 60, Urgency.NORMAL, 0),
        ("22:00-07:00", 23 * 60, Urgency.HIGH, 0),
        ("12:00-13:00", 12 * 60 + 30, Urgency.LOW, 30),
        ("", 0, Urgency.NORMAL, 0),
    ],
)
def test_quiet_hours(quiet: str, minute: int, urgency: Urgency, waits_min: int) -> None:
    now = Moment(1_000 * MINUTE, minute)
    assert notices.awake_ms(rule(WAITING, quiet=quiet, urgency=urgency), now) == now.ms + waits_min * MINUTE


@pytest.mark.parametrize(
    ("matter", "then", "outcome"),
    [
        (question(1), event(2, CHANGE, state="working"), "it is working now"),
        (question(1), event(2, CHANGE, state="stuck"), None),
        (question(1), event(2, CHANGE, session="two", state="working"), None),
        (
            question(1),
            event(2, EventName.APPROVAL_ANSWERED, approval="a1", answer="yes", by="me"),
            "answered 'yes' by me",
        ),
        (question(1), event(2, EventName.APPROVAL_ANSWERED, approval="a9", answer="yes", by="me"), None),
        (question(1), question(2, approval="a2"), "it asks something else now"),
        (question(1), event(2, EventName.AGENT_EXITED), "it ended"),
        (event(1, ERROR), event(2, EventName.AGENT_EXITED), None),
        (event(1, ERROR), event(2, EventName.AGENT_SPAWNED), "it was started again"),
        (event(1, ERROR), event(2, CHANGE, state="thinking"), "it is thinking now"),
        (event(1, EventName.AGENT_STUCK), event(2, CHANGE, state="error"), "it is error now"),
        (event(1, COMPLETE), event(2, CHANGE, state="working"), None),
    ],
)
def test_what_ends_a_matter(matter: Event, then: Event, outcome: str | None) -> None:
    play = Play(wishes(rule(*EventName)))
    sent = sending.arrived(sending.begun(Notice("n", "phone", "", "r", 1, 1, 1, (Item(matter),)), 1), "m", 1)
    found = notices.closed(then, [sent])
    assert [each.items[0].outcome for each in found] == ([outcome] if outcome else [])
    assert all(each.stale and not notices.is_open(each) for each in found)
    assert play.wishes.rules


def test_a_question_is_told_again_until_it_is_answered() -> None:
    play = Play(wishes(rule(WAITING, repeat_minutes=5)))
    play.event(question(1))
    rounds = 0
    for minute in range(60):
        play.time(minute * MINUTE + 1000)
        rounds += len(play.send(minute * MINUTE + 1000))
    assert rounds == 12
    assert [each.round for each in play.all.values()] == list(range(1, 13))
    play.event(event(3600, CHANGE, state="working"))
    play.time(10**9)
    assert play.send(10**9) == []
    assert all(each.stale for each in play.standing.values())


def test_what_nobody_answers_goes_to_others_once() -> None:
    play = Play(wishes(rule(WAITING, escalate_minutes=10, escalate_to=("mail",), quiet="00:00-23:59")))
    play.event(replace(question(1)), minute=1439)
    assert [each.way for each in play.send(1000)] == ["phone"]
    play.time(9 * MINUTE)
    assert play.send(9 * MINUTE) == []
    for minute in range(11, 40):
        play.time(minute * MINUTE)
    (escalated,) = play.send(40 * MINUTE)
    assert (escalated.way, escalated.escalated, escalated.urgency) == ("mail", True, Urgency.HIGH)
    assert notice_text.title(escalated) == "Still unanswered: one waits for you"


def test_an_unreachable_way_does_not_keep_others_from_being_told() -> None:
    play = Play(wishes(rule(WAITING, escalate_minutes=1, escalate_to=("mail",))))
    play.event(question(1))
    (queued,) = play.standing.values()
    failed = sending.refused(sending.begun(queued, 1000), "no", 1000)
    play._put([failed])
    play.time(2 * MINUTE)
    assert [each.way for each in play.send(2 * MINUTE)] == ["mail"]


@pytest.mark.parametrize("digest_s", [0, 10])
def test_a_question_that_a_hook_tells_before_it_is_seen_is_told_once_with_its_dialog(digest_s: int) -> None:
    play = Play(wishes(rule(WAITING, digest_s=digest_s)))
    play.event(question(1, approval=None))
    assert play.send(1000) == []
    play.event(replace(question(2), fact=replace(question(2).fact, at_ms=1200)))
    (sent,) = play.send(1200)
    assert [item.event.seq for item in sent.items] == [2]


def test_what_nobody_ever_answered_is_forgotten_in_the_end() -> None:
    play = Play(wishes(rule(WAITING)))
    play.event(question(1))
    play.send(1000)
    play.time(notices.LONGEST_OPEN_MS + 2000)
    assert not any(notices.is_open(each) for each in play.standing.values())


# ---- attempts ----------------------------------------------------------------------------------------


def queued() -> Notice:
    return Notice("n", "phone", "", "r", 0, 0, 0, (Item(question(1)),))


def test_attempts_that_fail_wait_longer_each_time_and_come_to_an_end() -> None:
    notice, now, pauses = queued(), 0, []
    while notice.status is NoticeStatus.QUEUED:
        now = notice.due_ms
        notice = sending.unsent(sending.begun(notice, now), "down", now, attempts=12, jitter=0.5)
        pauses.append(notice.due_ms - now)
    assert notice.status is NoticeStatus.FAILED
    assert len(notice.tries) == 12
    assert pauses[:5] == [2000, 4000, 8000, 16000, 32000]
    assert max(pauses) == sending.LONGEST_WAIT_MS
    asked = sending.unsent(sending.begun(queued(), 0), "slow down", 0, attempts=3, jitter=0.0, after_s=40)
    assert asked.due_ms == 40_000


@pytest.mark.parametrize("idempotent", [True, False])
def test_what_a_daemon_was_sending_when_it_ended(*, idempotent: bool) -> None:
    begun = sending.begun(queued(), 5)
    after = sending.restored(begun, 10, idempotent=idempotent)
    assert after.status is (NoticeStatus.QUEUED if idempotent else NoticeStatus.UNCERTAIN)
    assert after.id == begun.id
    assert after.tries == (Try(1, 5, 10, after.error),)
    assert sending.restored(queued(), 10, idempotent=idempotent) == queued()


def test_an_answer_while_it_is_being_sent_makes_it_stale_and_stops_another_try() -> None:
    play = Play(wishes(rule(WAITING)))
    play.event(question(1))
    (first,) = play.standing.values()
    begun = sending.begun(first, 1000)
    (closed,) = notices.closed(event(2, CHANGE, state="working"), [begun])
    assert closed.status is NoticeStatus.SENDING
    assert sending.arrived(closed, "m", 3000).stale
    assert sending.unsent(closed, "down", 3000, attempts=5, jitter=0.5).status is NoticeStatus.DROPPED


SESSIONS = st.sampled_from(["one", "two", "three"])
HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from([WAITING, ERROR, COMPLETE, CHANGE, EventName.APPROVAL_ANSWERED, EventName.AGENT_EXITED]),
        SESSIONS,
        st.sampled_from(["working", "waiting", "stuck", "error"]),
        st.integers(0, 600),
        st.booleans(),
    ),
    max_size=40,
)


@given(HAPPENINGS, st.integers(0, 1439), st.integers(0, 120))
def test_every_event_is_told_once_to_each_place_or_not_needed_any_more(
    happenings: list[tuple[EventName, str, str, int, bool]], minute: int, digest_s: int
) -> None:
    wanted = frozenset({WAITING, ERROR, COMPLETE})
    play = Play(
        wishes(
            NoticeRule("r", wanted, ("phone", "mail"), quiet="22:00-07:00", digest_s=digest_s),
            phone=("1", "2"),
            mail=("",),
        )
    )
    now, told = 0, []
    for seq, (name, session, state, wait_s, sends) in enumerate(happenings, 1):
        now += wait_s * 1000
        happened = Event(seq, "here", Fact(name, session, now, {"state": state, "approval": f"a{seq}"}))
        play.event(happened, minute=(minute + now // MINUTE) % 1440)
        told += [seq] * (name in wanted)
        if sends:
            play.send(now)
    play.send(now + 48 * 3600_000)
    assert not any(each.status in notices.UNDER_WAY for each in play.all.values())
    for place in {(each.way, each.target) for each in play.all.values()}:
        mine = [each for each in play.all.values() if (each.way, each.target) == place]
        sent = [item.event.seq for each in mine if each.status is NoticeStatus.SENT for item in each.items]
        assert len(sent) == len(set(sent)), "nothing is told twice"
        completes = {seq for seq, (name, *_) in enumerate(happenings, 1) if name is COMPLETE}
        assert completes <= set(sent), "what needs nobody is told in any case"
        assert set(sent) <= set(told)


@given(st.lists(st.sampled_from(["unsent", "refused", "unclear", "arrived"]), min_size=1, max_size=20))
def test_no_notice_goes_on_after_its_end(outcomes: list[str]) -> None:
    notice = queued()
    steps = {
        "unsent": lambda each: sending.unsent(each, "x", 1, attempts=3, jitter=0.5),
        "refused": lambda each: sending.refused(each, "x", 1),
        "unclear": lambda each: sending.unclear(each, "x", 1),
        "arrived": lambda each: sending.arrived(each, None, 1),
    }
    for outcome in outcomes:
        if sending.next_up([notice], "phone", 10**12) is None:
            break
        notice = steps[outcome](sending.begun(notice, 0))
        assert notice.status is not NoticeStatus.SENDING
    assert len(notice.tries) <= 3

"""When nothing can be written down, people are told so all the same: once, and once more when it is over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from outrider.model.notice import Moment
from outrider.notify.arrangements import Arrangements
from outrider.notify.catalogue import Surroundings
from outrider.notify.distress import LOOKS, Distress
from receiver import Receiver, Reply

FULL = "The disk is full."


class Store:
    """One that can be in trouble; `looks` counts how often it was asked, `moments` is what it says first."""

    def __init__(self) -> None:
        self.why = ""
        self.looks = 0
        self.moments: list[str] = []

    def trouble(self) -> str:
        self.looks += 1
        return self.moments.pop(0) if self.moments else self.why


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(40):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def watching(folder: Path, config: str) -> AsyncIterator[Store]:
    (folder / "notify.toml").write_text(config)
    arrangements = Arrangements(folder / "notify.toml", Surroundings({"HOME": str(folder)}, lambda: 0))
    arrangements.refresh()
    assert not arrangements.problem
    store = Store()
    distress = Distress(arrangements, trouble=store.trouble, now=lambda: Moment(5), node="here", look_s=0.01)
    task = asyncio.create_task(distress.run())
    try:
        yield store
    finally:
        task.cancel()


CLAW = '[ways.claw]\ntype = "openclaw"\nurl = "{0}/claw"\ntoken = "t"\n'


def hooks(receiver: Receiver) -> str:
    return "".join(f'[ways.{name}]\ntype = "webhook"\nurl = "{receiver.url}/{name}"\n' for name in ("one", "two"))


async def test_they_are_told_once_and_when_it_is_over(tmp_path: Path, receiver: Receiver) -> None:
    async with watching(tmp_path, hooks(receiver) + CLAW.format(receiver.url)) as store:
        store.why = FULL
        await until(lambda: len(receiver.requests) == 3)
        looks = store.looks
        await until(lambda: store.looks > looks + 3 * LOOKS)
        one, two, claw = receiver.requests
        assert [request.path for request in (one, two, claw)] == ["/one", "/two", "/claw/wake"]
        assert one.json["title"] == "Outrider on here can write nothing down"
        for told in (one.json["text"], claw.json["text"]):
            assert f"here can write nothing down. {FULL}" in str(told)
        store.why = ""
        await until(lambda: len(receiver.requests) == 6)
        assert receiver.requests[3].json["title"] == "Outrider on here can write again"
        assert "can write again" in str(receiver.requests[5].json["text"])


async def test_a_moment_of_trouble_is_none(tmp_path: Path, receiver: Receiver) -> None:
    async with watching(tmp_path, hooks(receiver)) as store:
        store.moments = [*[FULL] * (LOOKS - 1), ""] * 3
        await until(lambda: not store.moments)
        looks = store.looks
        await until(lambda: store.looks > looks + LOOKS)
        assert receiver.requests == []


async def test_who_is_told_of_alerts_is_told_and_a_way_that_fails_ends_nothing(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answer = lambda _request: Reply(status=500)
    rule = '[[rules]]\non = ["alert"]\nways = ["two"]\n'
    async with watching(tmp_path, hooks(receiver) + rule) as store:
        store.why = FULL
        await until(lambda: receiver.requests)
        store.why = ""
        await until(lambda: len(receiver.requests) == 2)
        assert {request.path for request in receiver.requests} == {"/two"}

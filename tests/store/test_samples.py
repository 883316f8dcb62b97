"""Samples of progress: kept in the order of time, gone with their agent."""

from outrider.model.progress import Sample
from outrider.store import Change, Store


async def test_samples_are_read_in_the_order_of_time(store: Store) -> None:
    samples = tuple(Sample("a", at, float(at), "spec:TASKS.md", at, 9) for at in (3, 1, 2))
    await store.commit(Change(samples=(*samples, Sample("b", 1, None, "none"))))
    assert [sample.at_ms for sample in await store.samples("a")] == [1, 2, 3]
    assert [sample.at_ms for sample in await store.samples("a", limit=2)] == [2, 3]
    assert await store.samples("b") == (Sample("b", 1, None, "none"),)
    await store.commit(Change(forgotten=("a",)))
    assert await store.samples("a") == ()
    assert len(await store.samples("b")) == 1


async def test_only_the_newest_are_kept(store: Store) -> None:
    for start in range(0, 2400, 400):
        await store.commit(Change(samples=tuple(Sample("a", start + n, 1.0, "todo") for n in range(400))))
    kept = await store.samples("a", limit=5000)
    assert (len(kept), kept[0].at_ms, kept[-1].at_ms) == (2000, 400, 2399)


async def test_the_name_of_a_file_that_is_no_unicode_stops_nothing(store: Store) -> None:
    """So Python has the name of a file from a time before UTF-8."""
    await store.commit(Change(samples=(Sample("a", 1, 5.0, "spec:aufgaben-\udcfc.md", 1, 20),)))
    (sample,) = await store.samples("a")
    assert (sample.progress, sample.source) == (5.0, "spec:aufgaben-?.md")

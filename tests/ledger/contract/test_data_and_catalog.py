"""What every storage of data files and of the catalog keeps."""

from __future__ import annotations

from collections.abc import Callable

from storages import Storage


def test_files_are_known_by_table(storage: Storage) -> None:
    before = storage.data.files()
    jobs, runs = storage.write("jobs", "a"), storage.write("runs", "b")
    assert storage.data.files() - before == {jobs, runs}
    assert storage.data.files_of("jobs") == {jobs}
    assert storage.data.files_of("candidates") == set()
    storage.data.make_durable(storage.data.files() - before)
    assert storage.data.files() - before == {jobs, runs}


def test_a_catalog_that_is_opened_where_it_is_never_falls_behind(storages: Callable[[], Storage]) -> None:
    first, second = storages(), storages()
    assert first.catalog.is_writable
    opening = first.catalog.open()
    second.commit()
    assert not first.catalog.is_outdated(opening)
    first.catalog.close()
    assert not first.catalog.is_outdated(opening)

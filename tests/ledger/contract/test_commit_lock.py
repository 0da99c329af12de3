"""What every lock of writers keeps: one holder at a time, whoever asks, and a name for who holds it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from planstore import StoreBusyError
from storages import Storage


def test_one_holds_it_at_a_time(storage: Storage) -> None:
    held, most = 0, []

    def turn(_: int) -> None:
        nonlocal held
        with storage.lock(60).held():
            held += 1
            most.append(held)
            held -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(turn, range(40)))
    assert most == [1] * 40


def test_who_waits_too_long_is_told_who_holds_it(storage: Storage) -> None:
    busy = pytest.raises(StoreBusyError, match=f"written by process {os.getpid()} on .* since 20")
    with storage.lock(1).held(), busy, storage.lock(0.05).held():
        pass
    with storage.lock(1).held():
        pass


def test_a_reader_keeps_writers_out_and_a_writer_keeps_readers_out(storage: Storage) -> None:
    with storage.lock(1).held():
        pass
    with storage.lock(1).held_by_reader(), pytest.raises(StoreBusyError), storage.lock(0.05).held():
        pass
    with storage.lock(1).held(), pytest.raises(StoreBusyError), storage.lock(0.05).held_by_reader():
        pass


def test_it_is_free_again_after_a_block_that_raised(storage: Storage) -> None:
    with pytest.raises(ValueError, match="in the middle"), storage.lock(1).held():
        raise ValueError("in the middle")
    with storage.lock(0.05).held():
        pass

"""Signed anchors: who says that the store held this."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

import samples
from planstore import AnchorError, RequestError, Store
from planstore.ledger.signing import new_key


@pytest.fixture
def key(tmp_path: Path) -> Path:
    new_key(tmp_path / "auditor.pem")
    return tmp_path / "auditor.pem"


@pytest.fixture
def routed(store: Store) -> Store:
    store.route(samples.table(samples.records()), samples.policy())
    return store


def test_a_signed_anchor_is_checked_with_the_public_key(routed: Store, key: Path) -> None:
    anchor = routed.integrity.anchor(sign=key)
    assert anchor.startswith(routed.integrity.anchor() + ":")
    assert routed.integrity.verify(anchor, public_key=f"{key}.pub").holds
    assert routed.integrity.verify(anchor).holds


def test_an_anchor_of_another_key_or_altered_is_refused(routed: Store, key: Path, tmp_path: Path) -> None:
    other = new_key(tmp_path / "other.pem")
    anchor = routed.integrity.anchor(sign=key)
    with pytest.raises(AnchorError, match="was not signed with the key"):
        routed.integrity.verify(anchor, public_key=other)
    with pytest.raises(AnchorError, match="was not signed with the key"):
        routed.integrity.verify("2" + anchor[1:], public_key=f"{key}.pub")
    for wrong in (anchor[:-1], anchor[:-1] + "x", anchor + "00"):
        with pytest.raises(AnchorError):
            routed.integrity.verify(wrong, public_key=f"{key}.pub")


def test_a_public_key_asks_for_a_signature(routed: Store, key: Path) -> None:
    for anchor in (None, routed.integrity.anchor()):
        with pytest.raises(AnchorError, match="give commit:digest:signature"):
            routed.integrity.verify(anchor, public_key=f"{key}.pub")


def test_only_its_owner_can_read_a_private_key_and_nothing_replaces_it(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    with pytest.raises(RequestError, match="is there already"):
        new_key(key)
    key.with_name("auditor.pem.pub").unlink()
    with pytest.raises(RequestError, match="is there already"):
        new_key(key)
    assert key.read_bytes() == before


def test_what_is_no_key_is_refused(routed: Store, key: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no key", encoding="utf-8")
    for wrong in (tmp_path / "text", tmp_path / "nothing", f"{key}.pub"):
        with pytest.raises(RequestError, match="private key"):
            routed.integrity.anchor(sign=wrong)
    anchor = routed.integrity.anchor(sign=key)
    for wrong in (tmp_path / "text", tmp_path / "nothing", key):
        with pytest.raises(RequestError, match="public key"):
            routed.integrity.verify(anchor, public_key=wrong)

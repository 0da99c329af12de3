"""Signed anchors, with Ed25519 keys from the library ``cryptography`` (extra ``sign``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.errors import AnchorError, RequestError
from planstore.ledger.embedded.store_folder import refuse_store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PURPOSE = b"planstore anchor "
"""Prefix of the signed bytes, so that an anchor's signature is not valid for anything else."""


def new_key(path: Path) -> Path:
    """Create a key pair: the private key at ``path``, readable by its owner only, and the public key as ``path.pub``.

    Raises:
        RequestError: one of the files exists, cannot be written, or is inside a store.
    """
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    refuse_store("a key", path)
    public = path.with_name(f"{path.name}.pub")
    key = Ed25519PrivateKey.generate()
    contents = {
        path: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        public: key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }
    if public.exists():
        raise RequestError(f"{public} is there already; a key is never replaced")
    for place, content in contents.items():
        try:
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if place == path else 0o644)
        except FileExistsError as error:
            raise RequestError(f"{place} is there already; a key is never replaced") from error
        except OSError as error:
            raise RequestError(f"{place} cannot be written: {error.strerror}") from error
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        except OSError as error:
            place.unlink()
            raise RequestError(f"{place} cannot be written: {error.strerror}") from error
    return public


def sign(anchor: str, key: Path) -> str:
    """Return the signature of an anchor, 128 hex digits.

    Raises:
        RequestError: ``key`` is not a private key.
    """
    return _private(key).sign(PURPOSE + anchor.encode()).hex()


def is_signed(anchor: str, signature: str, public: Path) -> bool:
    """Return whether the anchor was signed with the private key of ``public``.

    Raises:
        AnchorError: the signature is malformed.
        RequestError: ``public`` is not a public key.
    """
    key = _public(public)
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(bytes.fromhex(signature), PURPOSE + anchor.encode())
    except InvalidSignature:
        return False
    except ValueError as error:
        raise AnchorError(f"{signature[:40]!r} is no signature") from error
    return True


def _private(path: Path) -> Ed25519PrivateKey:
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise RequestError(f"{path} cannot be read as a private key; `planstore key FILE` makes one") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise RequestError(f"{path} holds a key of another kind than Ed25519")
    return key


def _public(path: Path) -> Ed25519PublicKey:
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} cannot be read as a public key; `planstore key FILE` makes FILE.pub") from error
    if not isinstance(key, Ed25519PublicKey):
        raise RequestError(f"{path} holds a key of another kind than Ed25519")
    return key


def _needed() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise RequestError("signatures need the library cryptography: pip install 'planstore[sign]'") from error

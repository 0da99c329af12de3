"""Credentials of object storage, from AWS's own places: environment, profile, container and instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from planstore.errors import StoreError

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session as AwsSession

DEFAULT_REGION = "us-east-1"
SHORT = timedelta(minutes=5)
"""Time after which temporary credentials are asked for again."""


@dataclass(frozen=True)
class Keys:
    """One set of credentials."""

    access_key_id: str
    secret_access_key: str
    token: str | None

    def __repr__(self) -> str:
        return f"Keys({self.access_key_id!r}, …)"


class ObjectStorageAccess:
    """The endpoint and credentials of object storage, as AWS's tools resolve them."""

    @cached_property
    def _session(self) -> AwsSession:
        from botocore.session import get_session

        return get_session()

    @cached_property
    def client(self) -> BaseClient:
        """A client, for questions about a bucket that are no reads or writes of objects."""
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        patience = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2})
        try:
            region = self._session.get_config_variable("region") or DEFAULT_REGION
            return self._session.create_client("s3", region_name=region, config=patience)
        except BotoCoreError as error:
            raise StoreError(f"the settings of object storage must be usable: {error}") from error

    @property
    def region(self) -> str:
        """The region."""
        return str(self.client.meta.region_name)

    @property
    def endpoint(self) -> SplitResult | None:
        """The endpoint; None means AWS's own.

        Raises:
            StoreError: it contains a user or password.
        """
        url = str(self.client.meta.endpoint_url)
        if "@" in url:
            raise StoreError(
                "the endpoint of object storage must not contain a user or password: "
                "correct AWS_ENDPOINT_URL, and give the key in AWS's own places"
            )
        return None if url.endswith(".amazonaws.com") else urlsplit(url)

    def keys(self) -> Keys:
        """Return the credentials that are valid now.

        Raises:
            StoreError: there are none.
        """
        from botocore.exceptions import BotoCoreError

        try:
            found = self._session.get_credentials()
            frozen = None if found is None else found.get_frozen_credentials()
        except BotoCoreError as error:
            raise StoreError(f"the credentials of object storage must be usable: {error}") from error
        if frozen is None or frozen.access_key is None:
            raise StoreError(
                "credentials of object storage must be given, got none: "
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            )
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)

    def provide(self) -> Any:
        """Return the credentials as obstore asks for them."""
        keys = self.keys()
        return {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "token": keys.token,
            "expires_at": datetime.now(UTC) + SHORT,
        }

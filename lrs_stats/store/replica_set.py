"""The administration of the private mongod: a replica set of one member, and its one user.

It speaks to mongod as `__system`, the identity that the key file gives to the members of a set.
Unlike the localhost exception this works at every stage, so that a first start which was cut
short at any point is simply finished by the next.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

NAME: Final = "lrs-stats"
USER: Final = "lrs-stats"

_NOT_YET_INITIALIZED: Final = 94
_USER_NOT_FOUND: Final = 11

Client = MongoClient[dict[str, Any]]


def make_primary(
    port: int, key: str, password: str, *, seconds: float, sleep: Callable[[float], None]
) -> bool:
    """Make the mongod at the port a writable primary with its user; False when time runs out.

    It hangs up on whoever it speaks to when its state changes, and is then asked again.
    """
    deadline = time.monotonic() + seconds
    with _member(port, key) as client:
        while True:
            try:
                _configure(client, f"127.0.0.1:{port}")
                if not _await_primary(client, deadline, sleep):
                    return False
                _set_password(client, password)
            except AutoReconnect:
                if time.monotonic() > deadline:
                    raise
                sleep(0.1)
            else:
                return True


def uri(port: int, password: str) -> str:
    """Return the address of the private mongod, credentials included."""
    options = f"authSource=admin&directConnection=true&replicaSet={NAME}"
    return f"mongodb://{USER}:{password}@127.0.0.1:{port}/?{options}"


def answers(address: str) -> bool:
    """Say whether a mongod answers there and takes the credentials."""
    try:
        with MongoClient[dict[str, Any]](address, serverSelectionTimeoutMS=3_000) as client:
            client.admin.command("usersInfo", USER)
    except PyMongoError:
        return False
    return True


def _member(port: int, key: str) -> Client:
    return MongoClient(
        "127.0.0.1",
        port,
        directConnection=True,
        username="__system",
        password=key,
        authSource="local",
        authMechanism="SCRAM-SHA-256",
        serverSelectionTimeoutMS=5_000,
    )


def _configure(client: Client, host: str) -> None:
    """Name the host of the only member, which changes with the port."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command(
            "replSetInitiate", {"_id": NAME, "members": [{"_id": 0, "host": host}]}
        )
        return
    if config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        # By force, since a member that does not find itself in its set has no primary to ask.
        client.admin.command("replSetReconfig", config, force=True)


def _await_primary(client: Client, deadline: float, sleep: Callable[[float], None]) -> bool:
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            return False
        sleep(0.01)
    return True


def _set_password(client: Client, password: str) -> None:
    try:
        client.admin.command("updateUser", USER, pwd=password)
    except OperationFailure as error:
        if error.code != _USER_NOT_FOUND:
            raise
        client.admin.command("createUser", USER, pwd=password, roles=["root"])

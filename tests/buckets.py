"""A store of objects that speaks S3 over HTTP, in a process of its own."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Store:
    """The store, and how a workspace is told of it."""

    endpoint: str

    @property
    def files(self) -> Any:
        import fsspec

        found = fsspec.filesystem("s3", endpoint_url=self.endpoint)
        found.invalidate_cache()
        return found

    def bucket(self) -> str:
        """The address of a new empty bucket."""
        name = f"shop-{secrets.token_hex(6)}"
        self.files.mkdir(name)
        return f"s3://{name}"

    def settings(self, address: str) -> str:
        options = f'{{ endpoint_url = "{self.endpoint}" }}'
        return f'\n[lake]\naddress = "{address}"\noptions = {options}\n'


@contextmanager
def store() -> Iterator[Store]:
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    pytest.importorskip("moto.server", reason="moto, the S3 server of these tests, is missing")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(CREDENTIALS)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Store(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    for _try in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the S3 server of the tests did not start")

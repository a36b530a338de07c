"""A platform on this machine: answers requests as the real one does, and fails when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from perenne.testing.clock import NOON
from perenne.testing.faults import Fault

# A reader that never ends shall not hang the tests.
MOST_REQUESTS = 2000


@dataclass(frozen=True)
class Asked:
    """A request as a fake platform sees it."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Said:
    """An answer: a value that becomes JSON, or bytes as they are."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


class FakePlatform:
    """The base of every fake platform. Use it in a `with`: it serves on 127.0.0.1 until its end.

    A kind says what stands in the class variables and overrides the methods that raise
    NotImplementedError. `records` holds what the platform holds of its main stream, in the form of
    its own answers; `page` is the page size that the connection is told to use.
    """

    kind: ClassVar[str]
    stream: ClassVar[str]
    """The stream that the suite reads."""
    table: ClassVar[str]
    """The staged table whose rows are compared with `truth`."""
    key: ClassVar[str]
    """Its column with the id of the record."""
    broken_field: ClassVar[str]
    """A field of the main stream that the staged table cannot do without."""
    page: ClassVar[int] = 5

    def __init__(self, count: int = 23) -> None:
        self.count = count
        self.now = NOON - timedelta(minutes=1)
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.expired = False
        self.on_data: Callable[[int], None] = lambda number: None
        self._data_requests = 0
        self._lock = threading.Lock()
        self.records: list[dict[str, Any]] = [self.make(n) for n in range(count)]

    # --- what a kind says -------------------------------------------------------------------

    def connection(self) -> dict[str, object]:
        """Its keys in `[connections.<name>]`, besides kind and streams."""
        raise NotImplementedError

    def secrets(self) -> dict[str, str]:
        raise NotImplementedError

    def make(self, number: int) -> dict[str, Any]:
        """The `number`-th record of the main stream; `self.when(number)` is its time."""
        raise NotImplementedError

    def change(self, number: int) -> None:
        """Something happens to a record now, long after it was made."""
        raise NotImplementedError

    def truth(self) -> dict[str, dict[str, str]]:
        """By id, what the staged table must hold in the end: text of some columns."""
        raise NotImplementedError

    def answer(self, asked: Asked) -> Said:
        """What the platform says when nothing goes wrong."""
        raise NotImplementedError

    def allowed(self, asked: Asked) -> bool:
        """Does the request carry the right secrets?"""
        raise NotImplementedError

    def is_data(self, asked: Asked) -> bool:
        """Is it a request for data, which faults befall? Not so: tokens and look-ups."""
        return True

    def refuse(self) -> Said:
        """What the platform says to a request with an expired or wrong right."""
        return Said({"error": "unauthorized"}, 401)

    # --- what is the same for all -----------------------------------------------------------

    def when(self, number: int) -> datetime:
        """The time of a record: one a day, but for a third that all bear one and the same second,
        more of them than fit on a page."""
        first = NOON - timedelta(days=40)
        a, b = self.count // 3, 2 * self.count // 3
        return first + timedelta(days=a if a <= number < b else number)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def data_requests(self) -> int:
        return self._data_requests

    def reset(self, *faults: Fault) -> None:
        """Count requests for data anew and let `faults` befall them."""
        self._data_requests, self.faults = 0, list(faults)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def handle(self, asked: Asked) -> tuple[Said, str]:
        """The answer to a request, and how its body is sent: whole, half or cut."""
        with self._lock:
            self.asked.append(asked)
            if len(self.asked) > MOST_REQUESTS:
                return Said({"error": "more requests than any test needs"}, 400), "whole"
            if self.expired or not self.allowed(asked):
                return self.refuse(), "whole"
            if not self.is_data(asked):
                return self.answer(asked), "whole"
            self._data_requests += 1
            number = self._data_requests
            fault = next((f for f in self.faults if f.hits(number)), None)
            if fault and fault.status:
                return Said({"error": "trouble"}, fault.status, fault.headers), "whole"
            self.on_data(number)
            return self.answer(asked), fault.body if fault else "whole"


def _handler(platform: FakePlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            said, how = platform.handle(asked)
            self._send(said, how)

        def _send(self, said: Said, how: str) -> None:
            content = said.content
            half = content[: len(content) // 2]
            body = content if how == "whole" else half
            self.send_response(said.status)
            headers = {"Content-Type": "application/json", **said.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(half if how == "half" else content)))
            self.end_headers()
            self.wfile.write(body)
            if how == "cut":
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: a test prints what it needs."""

    return Handler

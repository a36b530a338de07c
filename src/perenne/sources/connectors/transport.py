"""HTTP that waits when it is told to, tries again what is worth it, and refuses the rest in words.

The home of dlt, requests and tenacity; imported only when a connection is opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity

from perenne.core import PerenneError
from perenne.sources.connectors.pace import PATIENCE, Clock, backoff, retry_after
from perenne.sources.connectors.vault import Secrets
from perenne.text import gettext as _

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"  # before dlt is imported: it must not call home

from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
)

_TIMEOUT = (10, 120)
_WORTH_IT = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530}
_AT_HOME = {"localhost", "127.0.0.1", "::1"}
_SAID = 300


class Again(Exception):
    """A request that may succeed later; `wait` seconds if the platform said so."""

    def __init__(self, reason: str, *, wait: float | None = None) -> None:
        self.reason, self.wait = reason, wait
        super().__init__(reason)


@dataclass(frozen=True)
class Platform:
    """How to speak of a platform: its name, and what renews an expired right."""

    name: str
    renew: str


class Session(requests.Session):
    """A session of one platform. Every request passes through `patiently`."""

    def __init__(
        self, platform: Platform, *, base: str, secrets: Secrets, clock: Clock, json: bool = True
    ) -> None:
        super().__init__()
        self.platform, self.secrets, self.clock = platform, secrets, clock
        self._origin, self._json = _origin(base), json
        self._refuse_unsafe(base)

    def send(self, request: Any, **options: Any) -> Any:
        """Send; wait and try again as pace.py says; raise PerenneError when it is of no use."""
        self._refuse_elsewhere(request.url)
        options = {**options, "timeout": _TIMEOUT, "allow_redirects": False}
        return self.patiently(lambda: self._once(request, options), asked=_asked(request))

    def patiently(self, ask: Callable[[], Any], *, asked: str) -> Any:
        """Call `ask` until it raises no more `Again`; a PerenneError after the last attempt."""

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            wanted = error.wait if isinstance(error, Again) else None
            return backoff(state.attempt_number, asked=wanted, chance=self.clock.chance)

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.clock.attempts),
            wait=wait,
            sleep=self.clock.sleep,
            retry=tenacity.retry_if_exception_type(Again),
            reraise=True,
        )
        try:
            return retrying(ask)
        except Again as error:
            raise PerenneError(
                _(
                    "{platform} gave no usable answer to {asked} in {attempts} attempts: {reason}."
                ).format(
                    platform=self.platform.name,
                    asked=self.secrets.hide(asked),
                    attempts=self.clock.attempts,
                    reason=self.secrets.hide(error.reason),
                ),
                given=self.secrets.hide(error.reason),
                next_step=_("Run perenne sync again later: it goes on where it stopped."),
            ) from None

    def _once(self, request: Any, options: dict[str, Any]) -> Any:
        try:
            response = super().send(request, **options)
            self._judge(response, _asked(request))
            if self._json and not options.get("stream"):
                response.json()
        except requests.exceptions.JSONDecodeError:
            kind = response.headers.get("Content-Type", "?")
            raise Again(_("half an answer, or none in JSON ({kind})").format(kind=kind)) from None
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            raise Again(_broken(error)) from None
        return response

    def _judge(self, response: Any, asked: str) -> None:
        status = response.status_code
        if status < 300:
            return
        if status in _WORTH_IT:
            wait = retry_after(response.headers.get("Retry-After"), now=self.clock.now())
            if wait is not None and wait > PATIENCE:
                raise PerenneError(
                    _("{platform} asks to be left alone for {minutes} minutes.").format(
                        platform=self.platform.name, minutes=round(wait / 60)
                    ),
                    given=status,
                    next_step=_("Run perenne sync again later: it goes on where it stopped."),
                )
            raise Again(_("status {status}").format(status=status), wait=wait)
        self._refuse(response, asked)

    def _refuse(self, response: Any, asked: str) -> None:
        status, name = response.status_code, self.platform.name
        if status < 400:
            what = _("{platform} answers {asked} from another address: {address}.").format(
                platform=name, asked=asked, address=response.headers.get("Location", "?")
            )
            step = _("Write that address into the connection in perenne.toml.")
        elif status in (401, 403):
            what = _(
                "{platform} refuses {asked}: the access is wrong, expired or too narrow."
            ).format(platform=name, asked=asked)
            step = self.platform.renew
        else:
            what = _("{platform} refuses {asked} with status {status}: {said}").format(
                platform=name, asked=asked, status=status, said=_said(response)
            )
            step = _("Check the connection in perenne.toml; docs/how-to shows what it needs.")
        raise PerenneError(
            self.secrets.hide(what), given=self.secrets.hide(_said(response)), next_step=step
        )

    def _refuse_elsewhere(self, url: str) -> None:
        if _origin(url) != self._origin:
            raise PerenneError(
                _("{platform} points to another host: {host}.").format(
                    platform=self.platform.name, host=urlsplit(url).hostname
                ),
                given=urlsplit(url).hostname,
                next_step=_("Nothing was sent there. Check the address in perenne.toml."),
            )

    def _refuse_unsafe(self, base: str) -> None:
        address = urlsplit(base)
        if address.scheme != "https" and address.hostname not in _AT_HOME:
            raise PerenneError(
                _("{address} is not a secure address.").format(address=base),
                given=base,
                allowed=["https://"],
                next_step=_("Write the address with https:// so that no secret travels in clear."),
            )


def rest(session: Session, base: str, *, headers: Mapping[str, str] | None = None) -> RESTClient:
    """dlt's client for paged REST interfaces over a patient session."""
    return RESTClient(
        base, headers=dict(headers or {}), session=session, config=RuntimeConfiguration()
    )


def pages(
    client: RESTClient,
    path: str,
    *,
    params: Mapping[str, object],
    within: str,
    paginator: BasePaginator,
) -> Iterator[Any]:
    """Pages of raw records under the JSON path `within`; the session judged them already."""
    return iter(
        client.paginate(
            path,
            params=dict(params),
            data_selector=within,
            paginator=paginator,
            hooks={"response": []},
        )
    )


class Keyset(BasePaginator):
    """Asks again from the last change seen, instead of counting pages.

    A record that changes while one reads moves to the end and would push another one off a counted
    page. Only while a whole page bears one and the same instant are pages counted.
    """

    def __init__(
        self,
        *,
        size: int,
        cursor: Callable[[Any], str],
        ask: Callable[[dict[str, Any], str | None, int], None],
    ) -> None:
        super().__init__()
        self._size, self._cursor, self._ask = size, cursor, ask
        self._after: str | None = None
        self._skip = 0

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        rows = data or []
        if len(rows) < self._size:
            self._has_next_page = False
            return
        last = self._cursor(rows[-1])
        self._skip = self._skip + 1 if last == self._after else 0
        self._after = last

    def update_request(self, request: Any) -> None:
        if self._has_next_page:
            self._ask(request.params, self._after, self._skip)


class Numbered(BasePaginator):
    """Counts pages up to the number that a header tells."""

    def __init__(self, *, param: str, header: str) -> None:
        super().__init__()
        self._param, self._header, self._page = param, header, 1

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        self._has_next_page = self._page < int(response.headers.get(self._header) or 0)
        self._page += 1

    def update_request(self, request: Any) -> None:
        request.params[self._param] = self._page


def _asked(request: Any) -> str:
    """The request as one may print it: method and path, no query, no header."""
    return f"{request.method} {urlsplit(request.url).path}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _broken(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return _("no answer in time")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return _("the connection was cut")
    return _("no connection")


def _said(response: Any) -> str:
    text = " ".join(response.text.split())
    return text[:_SAID] or _("no reason given")

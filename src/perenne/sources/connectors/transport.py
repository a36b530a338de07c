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
from perenne.sources.connectors.repeats import same_page
from perenne.sources.connectors.said import SAID, before_json, reason, said_by
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
_FEW = 2


class Again(Exception):
    """A request that may succeed later; `wait` seconds if the platform said so, `most` attempts if
    more are of no use, then `step` if there is something to do."""

    def __init__(
        self, reason: str, *, wait: float | None = None, most: int | None = None, step: str = ""
    ) -> None:
        self.reason, self.wait, self.most, self.step = reason, wait, most, step
        super().__init__(reason)


class Stuck(Exception):
    """A page came again although another one was asked for."""


@dataclass(frozen=True)
class Platform:
    """How to speak of a platform: its name, what renews an expired right, and words of an error
    that no waiting mends although its status says so."""

    name: str
    renew: str
    lasting: tuple[str, ...] = ()


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

        def enough(state: tenacity.RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            most = error.most if isinstance(error, Again) else None
            return state.attempt_number >= min(self.clock.attempts, most or self.clock.attempts)

        retrying = tenacity.Retrying(
            stop=enough,
            wait=wait,
            sleep=self.clock.sleep,
            retry=tenacity.retry_if_exception_type(Again),
            reraise=True,
        )
        try:
            return retrying(ask)
        except Again as error:
            raise self._given_up(error, asked) from None

    def _given_up(self, error: Again, asked: str) -> PerenneError:
        why = self.secrets.hide(error.reason)
        attempts = min(self.clock.attempts, error.most or self.clock.attempts)
        what = _("{platform} gave no usable answer to {asked} in {attempts} attempts: {reason}.")
        return PerenneError(
            what.format(
                platform=self.platform.name,
                asked=self.secrets.hide(asked),
                attempts=attempts,
                reason=why,
            ),
            given=why,
            next_step=error.step or _("Run perenne sync again later: it goes on where it stopped."),
        )

    def _once(self, request: Any, options: dict[str, Any]) -> Any:
        try:
            response = super().send(request, **options)
            self._judge(response, _asked(request))
            if self._json and not options.get("stream"):
                response.json()
        except requests.exceptions.JSONDecodeError:
            raise _not_json(response) from None
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
        if status in _WORTH_IT and not self._lasts(response):
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
            if said := reason(response):
                what += " " + _("It says: {said}").format(said=said)
            step = self.platform.renew
        elif self._lasts(response):
            what = _("{platform} refuses {asked} with status {status}: {said}").format(
                platform=name,
                asked=asked,
                status=status,
                said=reason(response) or said_by(response),
            )
            step = self.platform.renew
        else:
            what = _("{platform} refuses {asked} with status {status}: {said}").format(
                platform=name, asked=asked, status=status, said=said_by(response)
            )
            step = _("Check the connection in perenne.toml; docs/how-to shows what it needs.")
        raise PerenneError(
            self.secrets.hide(what), given=self.secrets.hide(said_by(response)), next_step=step
        )

    def _lasts(self, response: Any) -> bool:
        """Does the platform say that it is switched off, and not that it is busy?"""
        return any(words in response.text.casefold() for words in self.platform.lasting)

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
    """Pages of raw records in the field `within` of the answers, `$` where these are lists. An
    empty list without a field is an empty page; any other answer without it is refused."""
    found = client.paginate(
        path,
        params=dict(params),
        data_selector=within,
        paginator=paginator,
        hooks={"response": []},
    )
    try:
        for page in found:
            records_in(page.response, within)
            yield page
    except Stuck:
        platform = client.session.platform.name if isinstance(client.session, Session) else "?"
        raise same_page(platform, path) from None


def records_in(response: Any, within: str) -> list[Any]:
    """The records of an answer. Raises PerenneError where they do not stand in `within`."""
    body = response.json()
    held = body.get(within) if isinstance(body, dict) else body
    if isinstance(held, list) and (isinstance(body, dict) or within == "$" or not body):
        return held
    found = ", ".join(body) if isinstance(body, dict) else type(body).__name__
    raise PerenneError(
        _("The answer to {asked} holds no list “{field}”: {found}.").format(
            asked=_asked(response.request), field=within, found=found[:SAID]
        ),
        given=found[:SAID],
        allowed=[within],
        next_step=_(
            "The platform has probably changed its answers. Nothing was kept and nothing is lost: "
            "update Perenne, then run perenne sync again."
        ),
    )


def ids(rows: list[Any]) -> list[Any]:
    """What tells a page from another: the ids of its records."""
    return [row.get("id") if isinstance(row, Mapping) else row for row in rows]


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
        self._seen: list[Any] = []

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        rows = data or []
        if len(rows) < self._size:
            self._has_next_page = False
            return
        last = self._cursor(rows[-1])
        # A page of one instant comes twice where it is asked for anew, from that instant on.
        anew = self._skip == 0 and self._cursor(rows[0]) == last
        if ids(rows) == self._seen and not anew:
            raise Stuck
        self._seen = ids(rows)
        self._skip = self._skip + 1 if last == self._after else 0
        self._after = last

    def update_request(self, request: Any) -> None:
        if self._has_next_page:
            self._ask(request.params, self._after, self._skip)


class Numbered(BasePaginator):
    """Counts pages up to the number that a header tells; where a proxy dropped it, up to a page
    that is not full."""

    def __init__(self, *, param: str, header: str, size: int) -> None:
        super().__init__()
        self._param, self._header, self._size = param, header, size
        self._page = 1
        self._seen: list[Any] = []

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        rows = data or []
        if rows and ids(rows) == self._seen:
            raise Stuck
        self._seen = ids(rows)
        told = str(response.headers.get(self._header) or "")
        full = len(rows) >= self._size
        self._has_next_page = self._page < int(told) if told.isdecimal() else full
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


def _not_json(response: Any) -> Again:
    """What came instead of JSON: half of it, a page, or what PHP writes before it."""
    if noise := before_json(response):
        return Again(
            _("before its answer stands “{said}”").format(said=noise),
            most=_FEW,
            step=_(
                "A plugin, a module or the theme of the shop writes this into every answer: mend "
                "or switch it off, or have PHP write errors into its log (display_errors off)."
            ),
        )
    kind = response.headers.get("Content-Type", "?")
    return Again(_("half an answer, or none in JSON ({kind})").format(kind=kind))

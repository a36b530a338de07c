"""Requests to Shopify: a token for a day, GraphQL by its cost, bulk operations and their files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

import requests

from perenne.core import PerenneError
from perenne.sources.connectors.model import Opening, Span
from perenne.sources.connectors.shopify import queries
from perenne.sources.connectors.transport import Again, Platform, Session
from perenne.text import gettext as _

_BUSY = {"CREATED", "RUNNING", "CANCELING"}
_LOST = {"FAILED", "CANCELED", "EXPIRED"}
# Troubles of Shopify's own that pass: of an answer, and of an operation.
_BLIPS = {"INTERNAL_SERVER_ERROR", "TIMEOUT"}
_TAKEN = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}
_RUNS = 3


class ShopifyClient:
    """One shop. A bulk operation gives its objects, each with its children."""

    def __init__(self, opening: Opening) -> None:
        self._folder = opening.folder
        self.settings, self._secrets, self._clock = (
            opening.settings,
            opening.secrets,
            opening.clock,
        )
        self._platform = Platform(
            "Shopify",
            _(
                "Check that the app is installed in the shop with the scopes read_orders, "
                "read_all_orders, read_customers, read_products and read_inventory, and that its "
                "client id and secret stand in the secrets."
            ),
        )
        self._api = f"{self.settings.base}/admin/api/{self.settings.version}/graphql.json"
        self._session = self._opened(opening)
        self._authorise()

    def _opened(self, opening: Opening) -> Session:
        return Session(
            self._platform,
            base=self.settings.base,
            secrets=opening.secrets,
            clock=opening.clock,
        )

    def check(self) -> str:
        found = self.ask(queries.SHOP)
        name, lacking = str(found["shop"]["name"]), _lacking(found)
        if not lacking:
            return name
        if lacking == [queries.ALL_ORDERS]:
            return _(
                "{name}, without the scope {scope}: Shopify shows the orders of the last 60 days "
                "only"
            ).format(name=name, scope=queries.ALL_ORDERS)
        return _("{name}, without the scopes {scopes}").format(name=name, scopes=", ".join(lacking))

    def close(self) -> None:
        self._session.close()

    def ask(self, query: str, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The data of a GraphQL query; it waits while the shop's allowance is used up."""
        body = {"query": query, "variables": dict(variables or {})}

        def once() -> dict[str, Any]:
            answer = self._posted(body)
            errors = answer.get("errors")
            if not errors:
                data: dict[str, Any] = answer["data"]
                return data
            codes = _codes(errors)
            if "THROTTLED" in codes:
                raise Again(_("the allowance is used up"), wait=_until_restored(answer))
            if _BLIPS & codes:
                raise Again(_("an error inside Shopify"))
            raise self._refusal(_messages(errors))

        data: dict[str, Any] = self._session.patiently(once, asked="POST graphql")
        return data

    def bulk(self, query: Template, span: Span) -> Iterator[dict[str, Any]]:
        """The objects of a bulk query over the span, children under `_children`, as they stream."""
        window = {"start": _instant(span.start), "end": _instant(span.until)}
        done = self._done(query.substitute(window))
        if done["url"] is None:
            return
        if self._folder:
            self._folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=self._folder, prefix="bulk-", ignore_cleanup_errors=True
        ) as folder:
            file = Path(folder) / "bulk.jsonl"
            self._session.patiently(
                lambda: self._download(done, file), asked="GET bulk operation result"
            )
            yield from _assembled(file)

    def _posted(self, body: dict[str, Any]) -> dict[str, Any]:
        """One GraphQL answer; a token that ran out is renewed once."""
        headers = {"X-Shopify-Access-Token": self._token}
        try:
            response = self._session.post(self._api, json=body, headers=headers)
        except PerenneError as error:
            if not self._may_renew(error):
                raise
            self._authorise()
            headers = {"X-Shopify-Access-Token": self._token}
            response = self._session.post(self._api, json=body, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer

    def _may_renew(self, error: PerenneError) -> bool:
        return error.next_step == self._platform.renew and "client_secret" in self._secrets

    def _authorise(self) -> None:
        """A token by the client-credentials grant, or the one of an older custom app."""
        if "client_secret" in self._secrets and "client_id" in self._secrets:
            response = self._session.post(
                f"{self.settings.base}/admin/oauth/access_token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": self._secrets["client_id"],
                    "client_secret": self._secrets["client_secret"],
                },
            )
            self._token = str(response.json()["access_token"])
            self._session.secrets = self._secrets.also("token", self._token)
        elif "access_token" in self._secrets:
            self._token = self._secrets["access_token"]
        else:
            raise PerenneError(
                _("The Shopify connection has neither a client id and secret nor a token."),
                given=sorted(self._secrets),
                allowed=["client_id", "client_secret", "access_token"],
                next_step=self._platform.renew,
            )

    def _done(self, query: str) -> dict[str, Any]:
        """Run a bulk operation to its end; anew where Shopify itself failed."""
        for _run in range(_RUNS):
            done = self._watched(self._run(query))
            if done["status"] != "FAILED" or done["errorCode"] not in _BLIPS:
                break
        if done["status"] in _LOST:
            raise self._lost(done)
        return done

    def _run(self, query: str) -> str:
        """Start a bulk operation and return its id; others that hold the place are waited for."""
        for _look in range(self._looks):
            answer = self.ask(queries.RUN, {"query": query})["bulkOperationRunQuery"]
            errors = answer["userErrors"]
            if not errors:
                return str(answer["bulkOperation"]["id"])
            if not _TAKEN & {str(one.get("code")) for one in errors}:
                raise self._refusal(_messages(errors))
            known = self.ask(queries.RUNNING)["bulkOperations"]["nodes"]
            for other in known:
                if other["status"] in _BUSY:
                    self._watched(other["id"])
                    break
            else:
                self._clock.sleep(self.settings.poll_seconds)
        raise PerenneError(
            _("Shopify has let no bulk operation begin for {minutes} minutes: {said}").format(
                minutes=self.settings.wait_minutes, said=_messages(errors)
            ),
            given=_messages(errors),
            next_step=_("Run perenne sync again later: it goes on where it stopped."),
        )

    @property
    def _looks(self) -> int:
        """How often to look within the longest wait."""
        looks: int = self.settings.wait_minutes * 60 // self.settings.poll_seconds
        return max(1, looks)

    def _lost(self, done: dict[str, Any]) -> PerenneError:
        if done["errorCode"] != "ACCESS_DENIED":
            return PerenneError(
                _("Shopify's bulk operation ended as {status} ({code}).").format(
                    status=done["status"], code=done["errorCode"]
                ),
                given=done["id"],
                next_step=_("Run perenne sync again later: it goes on where it stopped."),
            )
        lacking = _lacking(self.ask(queries.SHOP))
        what = (
            _("Shopify refuses access: the app lacks {scopes}.").format(scopes=", ".join(lacking))
            if lacking
            else _(
                "Shopify refuses access although the app has its scopes: it may lack the access to "
                "protected customer data, which is asked for in the Dev Dashboard."
            )
        )
        return PerenneError(
            what,
            given=lacking or done["errorCode"],
            allowed=list(queries.SCOPES),
            next_step=self._platform.renew,
        )

    def _watched(self, operation: str) -> dict[str, Any]:
        """Look at an operation until it has ended."""
        for _look in range(self._looks):
            found: dict[str, Any] = self.ask(queries.LOOK, {"id": operation})["bulkOperation"]
            if found["status"] not in _BUSY:
                return found
            self._clock.sleep(self.settings.poll_seconds)
        raise PerenneError(
            _("Shopify's bulk operation has not ended in {minutes} minutes.").format(
                minutes=self.settings.wait_minutes
            ),
            given=operation,
            next_step=_("Run perenne sync again later: it goes on where it stopped."),
        )

    def _download(self, done: dict[str, Any], file: Path) -> None:
        """The file of an operation, whole: as many lines as the operation counted objects.

        It stands on another host under a signed address, so that it is asked for without rights.
        """
        lines = 0
        try:
            with (
                Session(
                    self._platform,
                    base=done["url"],
                    secrets=self._session.secrets,
                    clock=self._clock,
                    json=False,
                ) as plain,
                plain.get(done["url"], stream=True) as response,
                file.open("wb") as target,
            ):
                for part in response.iter_content(1 << 20):
                    target.write(part)
                    lines += part.count(b"\n")
                lines += not part.endswith(b"\n")
        except requests.RequestException:
            raise Again(_("the connection was cut")) from None
        if lines != int(done["objectCount"]):
            raise Again(
                _("{lines} of {count} lines arrived").format(lines=lines, count=done["objectCount"])
            )

    def _refusal(self, said: str) -> PerenneError:
        return PerenneError(
            _("Shopify refuses the query: {said}").format(said=self._session.secrets.hide(said)),
            given=said,
            next_step=self._platform.renew,
        )


def _assembled(file: Path) -> Iterator[dict[str, Any]]:
    """Objects with the children that follow them in the file."""
    parent: dict[str, Any] | None = None
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            if "__parentId" not in one:
                if parent is not None:
                    yield parent
                parent = {**one, "_children": []}
            elif parent is not None and one["__parentId"] == parent["id"]:
                parent["_children"].append(one)
            else:
                raise PerenneError(
                    _("A line of Shopify's file stands apart from its order: {id}.").format(
                        id=one.get("id", "?")
                    ),
                    given=one.get("__parentId"),
                    next_step=_("Run perenne sync again; if it stays so, update Perenne."),
                )
    if parent is not None:
        yield parent


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _lacking(found: Mapping[str, Any]) -> list[str]:
    """Scopes that the app was not granted; a right to write is one to read."""
    told = (found.get("currentAppInstallation") or {}).get("accessScopes")
    if told is None:
        return []
    granted = {str(one["handle"]).replace("write_", "read_", 1) for one in told}
    return [scope for scope in queries.SCOPES if scope not in granted]


def _codes(errors: Any) -> set[str]:
    listed = errors if isinstance(errors, list) else []
    told = (one.get("extensions") or {} for one in listed if isinstance(one, dict))
    return {str(one["code"]) for one in told if "code" in one}


def _messages(errors: Any) -> str:
    if not isinstance(errors, list):
        return str(errors)
    return "; ".join(str(e.get("message", e)) if isinstance(e, dict) else str(e) for e in errors)


def _until_restored(answer: dict[str, Any]) -> float | None:
    """Seconds until the shop's allowance covers what the query costs."""
    cost = answer.get("extensions", {}).get("cost", {})
    status = cost.get("throttleStatus", {})
    try:
        lacking = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(0.0, lacking / float(status["restoreRate"]))
    except (KeyError, ValueError, ZeroDivisionError):
        return None

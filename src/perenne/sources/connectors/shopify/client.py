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
        return str(self.ask(queries.SHOP)["shop"]["name"])

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
            if _code(errors) == "THROTTLED":
                raise Again(_("the allowance is used up"), wait=_until_restored(answer))
            raise self._refusal(_messages(errors))

        data: dict[str, Any] = self._session.patiently(once, asked="POST graphql")
        return data

    def bulk(self, query: Template, span: Span) -> Iterator[dict[str, Any]]:
        """The objects of a bulk query over the span, children under `_children`, as they stream."""
        window = {"start": _instant(span.start), "end": _instant(span.until)}
        operation = self._run(query.substitute(window))
        done = self._finished(operation)
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

    def _run(self, query: str) -> str:
        """Start a bulk operation and return its id; one that runs already is waited for."""
        for _attempt in range(2):
            answer = self.ask(queries.RUN, {"query": query})["bulkOperationRunQuery"]
            errors = answer["userErrors"]
            if not errors:
                return str(answer["bulkOperation"]["id"])
            if not any(e.get("code") == "OPERATION_IN_PROGRESS" for e in errors):
                raise self._refusal(_messages(errors))
            for other in self.ask(queries.RUNNING)["bulkOperations"]["nodes"]:
                self._watched(other["id"])
        raise self._refusal(_messages(errors))

    def _finished(self, operation: str) -> dict[str, Any]:
        done = self._watched(operation)
        if done["status"] in _LOST:
            raise PerenneError(
                _("Shopify's bulk operation ended as {status} ({code}).").format(
                    status=done["status"], code=done["errorCode"]
                ),
                given=operation,
                next_step=_("Run perenne sync again later: it goes on where it stopped."),
            )
        return done

    def _watched(self, operation: str) -> dict[str, Any]:
        """Look at an operation until it has ended."""
        looks = self.settings.wait_minutes * 60 // self.settings.poll_seconds
        for _look in range(max(1, looks)):
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


def _code(errors: Any) -> str | None:
    first = errors[0] if isinstance(errors, list) and errors else {}
    code: str | None = first.get("extensions", {}).get("code") if isinstance(first, dict) else None
    return code


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

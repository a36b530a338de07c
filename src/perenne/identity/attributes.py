"""What the owner decides in `[acquisition]` and `[accounts]` of perenne.toml."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# Mailboxes of the public: they tell no company.
PUBLIC_DOMAINS = (
    "gmail.com",
    "googlemail.com",
    "outlook.*",
    "hotmail.*",
    "live.*",
    "msn.com",
    "yahoo.*",
    "ymail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.*",
    "gmx.*",
    "mail.com",
    "proton.me",
    "protonmail.com",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "sfr.fr",
    "neuf.fr",
    "laposte.net",
    "bbox.fr",
    "numericable.fr",
    "club-internet.fr",
    "skynet.be",
    "telenet.be",
    "bluewin.ch",
    "web.de",
    "t-online.de",
    "libero.it",
)


VISITS = (
    "session",
    "page_view",
    "product_view",
    "search",
    "cart",
    "checkout",
    "login",
    "subscribe",
)
CLICKS = ("email_click", "sms_click")
"""Whoever gets an e-mail was brought by something else before: no first touch."""


class AcquisitionSettings(BaseModel):
    """Which channel a customer is counted under."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Literal["first_touch", "last_touch", "first_order"] = Field(
        "first_touch",
        description="first_touch: of the first visit with a known channel before the first order; "
        "last_touch: of the last one, clicks in e-mails too; first_order: as the order says. "
        "Without such a visit, always as the first order says, else as a source tells.",
    )
    lookback_days: int = Field(
        90, ge=1, description="Visits longer than this before the first order brought nobody."
    )


class AccountSettings(BaseModel):
    """Which customers belong to one company. The account that a source names comes first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shared_ids: bool = Field(
        False,
        description="The ids of accounts mean the same in all sources, as a company number does.",
    )
    by_company: bool = Field(
        False,
        description="Customers without an account belong to the company whose name they give.",
    )
    by_domain: bool = Field(
        False,
        description="Customers without an account belong to the domain of their e-mail, unless it "
        "is one of public_domains.",
    )
    public_domains: tuple[str, ...] = Field(
        PUBLIC_DOMAINS,
        description="E-mail domains that tell no company; * stands for any text. A list of one's "
        "own replaces this one.",
    )

    @property
    def public_pattern(self) -> str | None:
        """One regular expression for all of them; None for an empty list."""
        parts = [re.escape(one.strip().lower()).replace(r"\*", ".*") for one in self.public_domains]
        return f"^({'|'.join(parts)})$" if parts else None

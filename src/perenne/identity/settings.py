"""What the owner of a workspace decides in `[identity]` of perenne.toml."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perenne.text import gettext as _

# Mailboxes that nobody owns alone, and numbers that forms are filled with.
SHARED_BY_NATURE = (
    "contact@*",
    "info@*",
    "infos@*",
    "hello@*",
    "bonjour@*",
    "accueil@*",
    "admin@*",
    "commande@*",
    "commandes@*",
    "compta@*",
    "comptabilite@*",
    "noreply@*",
    "no-reply@*",
    "donotreply@*",
    "nepasrepondre@*",
    "ne-pas-repondre@*",
    "nomail@*",
    "noemail@*",
    "pasdemail@*",
    "pas-de-mail@*",
    "sansmail@*",
    "aucun@*",
    "test@*",
    "*@test.com",
    "+33123456789",
    "+33612345678",
    "+33600000000",
)


class IdentitySettings(BaseModel):
    """Which records of customers are one person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by_email: bool = Field(True, description="Records that share an e-mail are one customer.")
    by_phone: bool = Field(
        True,
        description="Records that share a telephone number are one customer, unless their names "
        "contradict each other.",
    )
    shared_numbers: tuple[tuple[str, ...], ...] = Field(
        (),
        description="Groups of sources that number their customers alike: the same id is then one "
        'customer, for example [["shopify", "crm"]].',
    )
    default_country: str = Field(
        "FR",
        pattern=r"^[A-Z]{2}$",
        examples=["FR"],
        description="ISO code of the country whose telephone numbers are written without prefix.",
    )
    cap: int = Field(
        10,
        ge=2,
        description="An e-mail or number that more records than this share links nobody; nor does "
        "a record that carries more than this many of them.",
    )
    blocklist: tuple[str, ...] = Field(
        SHARED_BY_NATURE,
        description="E-mails and telephone numbers that link nobody; * stands for any text. A list "
        "of one's own replaces this one.",
    )
    probabilistic: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Compare names, addresses and dates of birth too. auto: when at least two "
        "sources tell of persons.",
    )
    threshold: float = Field(
        0.99,
        gt=0.5,
        le=1,
        description="Probability from which such a link is made without asking, until decisions "
        "have measured a better one for the pair of sources.",
    )
    review_from: float = Field(
        0.5, gt=0, le=1, description="Probability from which a link is proposed for review."
    )
    precision: float = Field(
        0.98,
        ge=0.5,
        lt=1,
        description="Share of right links, of all that likeness makes, that measured thresholds "
        "must reach.",
    )
    confidence: float = Field(
        0.9,
        ge=0.5,
        lt=1,
        description="How sure the decisions must make it that this share is reached.",
    )
    largest: int = Field(
        25, ge=2, description="A customer of more records than this raises an alarm."
    )

    @model_validator(mode="after")
    def _proposes_before_it_links(self) -> Self:
        if self.review_from > self.threshold:
            raise ValueError(
                _("review_from ({review}) is above threshold ({threshold})").format(
                    review=self.review_from, threshold=self.threshold
                )
            )
        return self

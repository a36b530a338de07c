"""What `[connections.<name>]` says of a Stripe account."""

from pydantic import Field

from perenne.sources.connectors.model import ConnectorSettings


class StripeSettings(ConnectorSettings):
    """A Stripe account."""

    url: str = Field("https://api.stripe.com", description="Address of the interface.")
    version: str = Field(
        "2024-06-20", description="Version of the interface whose fields are read."
    )
    page_size: int = Field(100, ge=1, le=100, description="Records per request.")
    window_days: int = Field(
        60, ge=1, le=400, description="Days asked for at once; each is kept before the next."
    )

"""What `[connections.<name>]` says of a Shopify shop."""

from pydantic import Field

from perenne.sources.connectors.model import ConnectorSettings


class ShopifySettings(ConnectorSettings):
    """A Shopify shop."""

    shop: str = Field(description="Address of the shop, such as `my-shop.myshopify.com`.")
    version: str = Field("2026-10", description="Version of the interface whose fields are read.")
    poll_seconds: int = Field(
        10, ge=1, le=300, description="Seconds between two looks at a bulk operation."
    )
    wait_minutes: int = Field(
        240, ge=1, description="Longest wait for a bulk operation before the sync gives up."
    )

    @property
    def base(self) -> str:
        """The address with its scheme."""
        shop = self.shop.rstrip("/")
        return shop if "://" in shop else f"https://{shop}"

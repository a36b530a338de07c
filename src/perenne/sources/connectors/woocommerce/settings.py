"""What `[connections.<name>]` says of a WooCommerce shop."""

from pydantic import Field

from perenne.sources.connectors.model import ConnectorSettings


class WooCommerceSettings(ConnectorSettings):
    """A WooCommerce shop."""

    url: str = Field(description="Address of the shop, such as `https://www.example.fr`.")
    page_size: int = Field(100, ge=1, le=100, description="Records per request.")

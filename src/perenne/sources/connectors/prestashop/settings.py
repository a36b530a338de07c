"""What `[connections.<name>]` says of a PrestaShop shop."""

from pydantic import Field

from perenne.sources.connectors.model import ConnectorSettings


class PrestaShopSettings(ConnectorSettings):
    """A PrestaShop shop."""

    url: str = Field(description="Address of the shop, such as `https://www.example.fr`.")
    time_zone: str = Field(
        "Europe/Paris", description="Time zone of the shop: its dates come without one."
    )
    page_size: int = Field(200, ge=1, le=1000, description="Records per request.")

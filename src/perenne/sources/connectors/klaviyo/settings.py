"""What `[connections.<name>]` says of a Klaviyo account."""

from pydantic import Field

from perenne.sources.connectors.model import ConnectorSettings


class KlaviyoSettings(ConnectorSettings):
    """A Klaviyo account."""

    url: str = Field("https://a.klaviyo.com", description="Address of the interface.")
    revision: str = Field(
        "2026-07-15", description="Revision of the interface whose fields are read."
    )
    page_size: int = Field(100, ge=1, le=100, description="Records per request.")

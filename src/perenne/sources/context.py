"""What reading a file needs to know from outside: zone, currency, the import's clock, answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[".", ","]


@dataclass(frozen=True)
class ChannelRule:
    """An order that matches every given pattern came through `channel`.

    Patterns are regular expressions (RE2) matched against the whole text, whatever its case; a
    plain word therefore means "equal to". `tag` is matched against each tag of the order.
    """

    channel: str
    utm_source: str | None = None
    utm_medium: str | None = None
    tag: str | None = None


@dataclass(frozen=True)
class ReadContext:
    """Settings of the workspace, and the answers given to what a file leaves open.

    `time_zone` is an IANA name; `currency` is ISO 4217; `imported_at` is an aware instant, against
    which "in the future" is judged; `date_order` and `decimal_mark` answer an ambiguous file.
    """

    time_zone: str
    currency: str
    imported_at: datetime
    channel_rules: tuple[ChannelRule, ...] = ()
    date_order: DateOrder | None = None
    earliest: date = date(1990, 1, 1)
    decimal_mark: DecimalMark | None = None

    def __post_init__(self) -> None:
        if self.imported_at.tzinfo is None:
            raise ValueError("imported_at must carry a time zone")

    @property
    def local_day(self) -> date:
        """The day of the import in the workspace's zone."""
        return self.imported_at.astimezone(UTC).astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def latest(self) -> date:
        """The last local day that is not "in the future": one day of grace for other zones."""
        return self.local_day + timedelta(days=1)

"""What looks wrong in a staged file though every row reads: said, and nothing is changed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from perenne.sources.recognition import Recognition
from perenne.text import format_number, listed, ngettext
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_text

# With fewer consents than this, all alike is no wonder.
_FEW = 20
# Headers (lower case, without accents, words apart) of who wants messages, or no more of them.
_SPEAKS_OF_CONSENT = re.compile(
    r"\bopt(ed)? ?(in|out)\b|unsub|desabonn|desinscri|newsletter|consent|permission|\bstop\b|"
    r"\bdo ?not\b|\bne (plus|pas)\b|\bdn[cmde]\b|\brefus|\boppos|bloctel|robinson|blacklist|"
    r"blocklist|liste (noire|rouge|repoussoir)|suppress|bounce|\bnpai\b|plainte|complain|"
    r"\brgpd\b|\bgdpr\b|accept(e|s) |marketing pref|subscription status|e ?mail status|"
    r"statut (e ?mail|abonnement)|subscribed|\babonne\b|\binscrit\b|sollicit|prospection"
)
# As many different words are shown as fit a line.
_SHOWN = 6


def doubts(tables: Mapping[str, Path], *, rows: int, engine: DuckEngine) -> tuple[str, ...]:
    """Sentences on what a person should check in these staged tables of a file of `rows` rows."""
    if not rows:
        return (
            _(
                "The file has a header and no row: there is nothing to import. Should it have "
                "rows, export it again."
            ),
        )
    if "consents" not in tables:
        return ()
    file = quote_text(str(tables["consents"]))
    return (*_unread(file, engine), *_all_given(file, engine))


def unread_refusals(ignored: Sequence[str]) -> tuple[str, ...]:
    """A sentence on columns that nothing reads, though by their names they may say who wants no
    more messages."""
    found = [name for name in ignored if _SPEAKS_OF_CONSENT.search(_plain(name))]
    if not found:
        return ()
    text = ngettext(
        "The column {names} is not read, though its name speaks of consent. If it says who wants "
        "no more messages, name it, in a list of customers or consents: --map opted_out=COLUMN "
        "(e-mail), opted_out_sms, opted_out_phone, opted_out_post, or closed (all of them); if it "
        "says who agreed: --map by_email=COLUMN.",
        "The columns {names} are not read, though their names speak of consent. If they say who "
        "wants no more messages, name them, in a list of customers or consents: "
        "--map opted_out=COLUMN (e-mail), opted_out_sms, opted_out_phone, opted_out_post, or "
        "closed (all of them); if they say who agreed: --map by_email=COLUMN.",
        len(found),
    )
    return (text.format(names=listed(found)),)


def undated_lines(found: Recognition, written: Mapping[str, Path]) -> tuple[str, ...]:
    """A sentence on order lines of which no column is the date: they count from the day on which
    the file with their orders is imported."""
    lines = found.preset.generic and "order_lines" in written
    if not lines or "ordered" in found.columns:
        return ()
    return (
        _(
            "No column tells the day of the orders: these lines count once a file with the number "
            "and the date of their orders is imported. If this file has the date, name its column: "
            "--map ordered=COLUMN."
        ),
    )


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", bare).lower())


def _unread(file: str, engine: DuckEngine) -> tuple[str, ...]:
    """Words of consent that no rule reads. They must not pass for a silence; long ones, which may
    speak of a person, are not repeated."""
    told = engine.duck.execute(
        f"""
        SELECT channel, sum(rows)::BIGINT, count(*),
            list(text ORDER BY rows DESC, text) FILTER (length(text) <= 40 AND text NOT LIKE '%@%')
        FROM (SELECT channel, status_text AS text, count(*) AS rows FROM read_parquet({file})
              WHERE status = 'unread' GROUP BY ALL)
        GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    return tuple(
        ngettext(
            "{count} consent for {channel} says neither yes nor no ({words}). It gives no "
            "permission, and takes back one that was given before. If it means yes or no, write "
            "so in the file and import it again.",
            "{count} consents for {channel} say neither yes nor no ({words}). They give no "
            "permission, and take back one that was given before. If they mean yes or no, write "
            "so in the file and import it again.",
            count,
        ).format(
            count=format_number(count),
            channel=channel,
            words=", ".join(_shown(texts or [], kinds)),
        )
        for channel, count, kinds, texts in told
    )


def _shown(texts: Sequence[str], kinds: int) -> Iterator[str]:
    shown = texts[:_SHOWN]
    yield from (_("“{text}”").format(text=text) for text in shown)
    if kinds > len(shown):
        yield "…"


def _all_given(file: str, engine: DuckEngine) -> tuple[str, ...]:
    told = engine.duck.execute(
        f"""
        SELECT channel, count(*), count(*) FILTER (status = 'subscribed'), count(said_on)
        FROM read_parquet({file})
        WHERE NOT suppressed GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    return tuple(
        _(
            "All {count} consents for {channel} are given and none has a date: such a column has "
            "often been filled by hand. Check where it comes from before you write to anybody."
        ).format(count=count, channel=channel)
        for channel, count, given, dated in told
        if count >= _FEW and given == count and not dated
    )

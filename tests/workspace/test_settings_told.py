"""Settings that cannot hold are refused when they are read, by name, with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from perenne.core import PerenneError
from perenne.text import use_language
from perenne.workspace.policy import KINDS
from perenne.workspace.settings import Settings, as_mapping, load

REFUSED = [
    ('[[channels]]\nchannel = "x"\nutm_source = "("',
     ("channels.0.utm_source", "“(”", "missing )")),
    ('[[channels]]\nchannel = "x"', ("“x”", "utm_source, utm_medium, tag")),
    ('[[channels]]\nchannel = " "\ntag = "a"', ("channels.0.channel", "needs a name")),
    ('[[channels]]\nchannel = "x"\ntag = ""', ("channels.0.tag", "fits everything")),
    ('[cleaning.product_patterns]\nshipping = ["a", "("]',
     ("cleaning.product_patterns", "shipping", "“(”", "missing )")),
    ('[cleaning.product_patterns]\nshiping = ["x"]', ("“shiping”", "did you mean shipping?")),
    ('[cleaning.product_patterns]\nnosuch = ["x"]', ("“nosuch”", "gift_card")),
    ('[quality]\nskip = ["overlaps"]', ("quality.skip", "“overlaps”", "did you mean overlap?")),
    ("[quality.limits.emial]\nwarning = 0.1", ("quality.limits", "“emial”", "email")),
    ('[[rates]]\ncurrency = "EURO"\nrate = 1', ("rates.0.currency", 'such as "USD"')),
    ('[shop]\ncurrency = "EUR"\n[[rates]]\ncurrency = "EUR"\nrate = 2', ("rates: EUR", "is 1")),
    ('[[rates]]\ncurrency = "USD"\nrate = 0.9\nsince = 2024-01-01\n'
     '[[rates]]\ncurrency = "USD"\nrate = 0.8\nsince = 2024-01-01',
     ("rates: USD has two rates from 2024-01-01 on",)),
    ("[identity]\nreview_from = 0.999", ("identity: review_from (0.999)", "threshold (0.99)")),
    ('[retention]\nacts = ["tickets"]', ("retention.acts", "did you mean ticket?")),
    ('[metrics]\ninteractions = ["foo"]', ("metrics.interactions", "foo", "page_view")),
    ("[import]\nearliest = 2999-01-01", ("import.earliest", "a past day")),
    ('[engine]\nmaster = "local[0]"', ("engine.master", 'such as "local[4]"')),
    ('[engine]\nthreads = "2"', ("engine.threads = '2'", "a whole number")),
    ('[predictions]\nenabled = "yes"', ("predictions.enabled = 'yes'", "true or false")),
    ("[predictions]\nenabled = 1", ("predictions.enabled = 1", "true or false")),
    ("[predictions]\ndraws = 400.0", ("predictions.draws", "a whole number")),
    ('[engine]\nmemory_limit = "lots"', ("engine.memory_limit = 'lots'", 'such as "4GB"')),
    ('[lake]\naddress = "bucket/shop"', ("lake.address", 'such as "s3://bucket/shop"')),
    ('[lake]\naddress = "memory://x"', ("memory://", "s3://", "abfss://", "file://")),
    ("[tax]\nprices = 'auto'\n[shop]\n[tax]", ("[tax] stands twice", "line 4")),
    ("[retention]\n[quality.limits.email]\n[quality.limits.email]",
     ("[quality.limits.email] stands twice", "line 3")),
]  # fmt: skip


def refusal(folder: Path, text: str | bytes) -> str:
    path = folder / "perenne.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PerenneError) as caught:
        load(path)
    assert caught.value.next_step
    return str(caught.value)


@pytest.mark.parametrize(("text", "told"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_cannot_hold_is_refused(tmp_path: Path, text: str, told: tuple[str, ...]) -> None:
    said = refusal(tmp_path, text)
    assert [word for word in told if word not in said] == [], said
    assert "^" not in said
    assert "Value error" not in said
    with use_language("fr"):
        assert refusal(tmp_path, text) != said


@pytest.mark.parametrize(
    "text",
    [
        'address = "s3://AKIAXX:sesame@bucket/shop"',
        'address = "gs://sesame@bucket/shop"',
        'address = "abfss://box:sesame@store.dfs.core.windows.net/shop"',
        'address = "s3://bucket/shop?X-Amz-Signature=sesame"',
        'address = "memory://u:sesame@x"',
        'address = "s3://bucket/shop"\noptions = { endpoint_url = "https://u:sesame@s3.example" }',
        'address = "s3://bucket/shop"\noptions = { secret = "sesame" }',
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    said = refusal(tmp_path, f"[lake]\n{text}\n")
    assert "sesame" not in said
    assert "lake." in said


@pytest.mark.parametrize(
    "address",
    ["s3://bucket/shop", "gs://bucket", "abfs://box/shop", "file:///mnt/disk/shop",
     "abfss://box@store.dfs.core.windows.net/shop", ""],
)  # fmt: skip
def test_documented_stores_are_allowed(tmp_path: Path, address: str) -> None:
    path = tmp_path / "perenne.toml"
    path.write_text(f'[lake]\naddress = "{address}"\n', encoding="utf-8")
    assert load(path).lake.address == address


def test_a_file_that_is_not_utf_8_says_on_which_line(tmp_path: Path) -> None:
    said = refusal(tmp_path, '[shop]\nname = "Thé"\n'.encode("cp1252"))
    assert "UTF-8: line 2" in said


def test_every_default_is_allowed_as_it_is_written(tmp_path: Path) -> None:
    """Types are strict; numbers, dates and lists of the file are what settings take."""
    path = tmp_path / "perenne.toml"
    path.write_text(
        "[import]\nearliest = 2001-01-01\n[metrics]\ndiscount_rate = 0.1\n[margin]\n"
        "default_rate = 1\n[tax]\ndefault_rate = 0.055\n[identity]\nthreshold = 1\n"
        'shared_numbers = [["a", "b"]]\n[segments.thresholds]\nrevenue = [50, 100.5, 250, 500]\n'
        '[connections.shop]\nkind = "shopify"\nsince = 2023-01-01\n[engine.conf]\n"a.b" = "8"\n',
        encoding="utf-8",
    )
    found = load(path)
    assert str(found.tax.default_rate) == "0.055"
    assert str(found.connections["shop"].model_extra) == "{'since': datetime.date(2023, 1, 1)}"
    assert Settings.model_validate(as_mapping(Settings())) == Settings()


def test_acts_may_be_every_kind_that_events_become() -> None:
    from importlib import resources

    text = resources.files("perenne.sources.presets").joinpath("rules.yaml").read_text("utf-8")
    known = {rule["then"] for rule in yaml.safe_load(text)["event_kind"] if "then" in rule}
    assert known <= set(KINDS)

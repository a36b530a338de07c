"""Persons with known truth, published and simulated, as staged customers of a workspace."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "identity"
COLUMNS = (
    "customer_ref",
    "first_name",
    "last_name",
    "birth_on",
    "email",
    "phone",
    "address",
    "postcode",
    "city",
    "company",
    "country",
)


_FEBRL = """SELECT trim(rec_id) AS customer_ref, regexp_extract(rec_id, 'rec-(\\d+)-', 1) AS truth,
    trim(" given_name") AS first_name, trim(" surname") AS last_name,
    try_strptime(trim(" date_of_birth"), '%Y%m%d')::DATE AS birth_on, NULL AS email, NULL AS phone,
    trim(" address_1") AS address, trim(" postcode") AS postcode, trim(" suburb") AS city,
    NULL AS company, 'AU' AS country FROM '{folder}/febrl_dataset{number}.parquet'"""
_FAKE = """SELECT unique_id AS customer_ref, "cluster" AS truth, first_name, surname AS last_name,
    try_strptime(dob, '%Y-%m-%d')::DATE AS birth_on, email, NULL AS phone, NULL AS address,
    NULL AS postcode, city, NULL AS company, 'GB' AS country
    FROM '{folder}/fake_1000.parquet'"""
_RL = """SELECT cast(row_number() OVER () AS VARCHAR) AS customer_ref,
    cast("identity" AS VARCHAR) AS truth, fname_c1 AS first_name, lname_c1 AS last_name,
    try_strptime(concat_ws('-', "by", bm, bd), '%Y-%m-%d')::DATE AS birth_on, NULL AS email,
    NULL AS phone, NULL AS address, NULL AS postcode, NULL AS city, NULL AS company,
    'DE' AS country FROM '{folder}/RLdata500.parquet'"""
SETS = {
    "febrl1": _FEBRL.replace("{number}", "1"),
    "febrl2": _FEBRL.replace("{number}", "2"),
    "fake_1000": _FAKE,
    "rldata500": _RL,
}
"""Febrl: surveys of Christen's generator, no e-mail (the social security number is not used).
fake_1000: Splink's own, e-mails with errors. RLdata500: the R package RecordLinkage."""


def published(name: str, folder: Path = DATA) -> pa.Table:
    """One published set: the staged columns and `truth`."""
    with duckdb.connect() as duck:
        return duck.sql(SETS[name].format(folder=folder)).to_arrow_table()


def simulated(records: int, *, seed: int = 1) -> pa.Table:
    """So many records of half as many persons in two sources: a shop that knows e-mails and a till
    that knows telephones, with slips of the pen, moves, and shared mailboxes."""
    rng = np.random.default_rng(seed)
    persons = records // 2
    who = np.concatenate([np.arange(persons), rng.integers(0, persons, records - persons)])
    rng.shuffle(who)
    words = _Words(rng)
    first, last = words.pick(600, persons, steep=0.5), words.pick(20_000, persons, steep=0.5)
    city = rng.integers(0, 6_000, persons)
    birth = np.datetime64("1940-01-01") + rng.integers(0, 24_000, persons)
    street, number = words.pick(3_000, persons, steep=0.5), rng.integers(1, 200, persons)
    in_shop = rng.random(records) < 0.5
    mail = np.char.add(np.char.add(first, "."), np.char.add(last, np.arange(persons).astype(str)))
    mail = np.char.add(mail, "@mail.example")
    phone = np.char.add("06", np.char.zfill(rng.permutation(persons).astype(str), 8))
    shown = {
        "customer_ref": np.arange(records).astype(str),
        "source": np.where(in_shop, "shop", "till"),
        "truth": who.astype(str),
        "first_name": _slip(rng, first[who], 0.05),
        "last_name": _slip(rng, last[who], 0.05),
        "birth_on": np.where(rng.random(records) < 0.5, birth[who], np.datetime64("NaT")),
        "email": np.where(in_shop | (rng.random(records) < 0.2), mail[who], ""),
        "phone": np.where(~in_shop | (rng.random(records) < 0.3), phone[who], ""),
        "address": np.char.add(np.char.add(number[who].astype(str), " rue "), street[who]),
        "postcode": np.char.zfill((1_000 + 15 * city[who]).astype(str), 5),
        "city": np.char.add("ville ", city[who].astype(str)),
    }
    shared = rng.random(records) < 0.001
    shown["email"] = np.where(shared, "famille@mail.example", shown["email"])
    table = {
        name: pa.array(values, from_pandas=True) if name == "birth_on" else _texts(values)
        for name, values in shown.items()
    }
    table["birth_on"] = table["birth_on"].cast(pa.date32())
    table["company"] = pa.nulls(records, pa.string())
    table["country"] = pa.array(["FR"] * records)
    return pa.table(table)


def _texts(values: np.ndarray) -> pa.Array:
    found = pa.array(values.tolist(), pa.string())
    return pa.compute.if_else(pa.compute.equal(found, ""), None, found)


class _Words:
    """Made-up words, some far more frequent than others."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def pick(self, words: int, size: int, *, steep: float) -> np.ndarray:
        parts = np.array([one + two for one in "bdglmnrstv" for two in "aeio"])
        shape = self._rng.integers(0, len(parts), (words, 4))
        known = np.array(["".join(parts[row]) for row in shape])
        weight = 1 / np.arange(1, words + 1) ** steep
        return known[self._rng.choice(words, size, p=weight / weight.sum())]


def _slip(rng: np.random.Generator, texts: np.ndarray, share: float) -> np.ndarray:
    """`share` of the texts with one letter left out."""
    wrong = rng.random(len(texts)) < share
    place = rng.integers(0, 4, len(texts))
    return np.array(
        [t[:p] + t[p + 1 :] if w else t for t, w, p in zip(texts, wrong, place, strict=True)]
    )

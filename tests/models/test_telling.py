"""Who predicts when the champion cannot, and what the manifest keeps of it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from perenne.core import PerenneError
from perenne.models import telling
from perenne.models.judging.backtest import Backtest
from perenne.models.settings import PredictionSettings
from perenne.text import gettext as _
from perenne.text import remembered
from tests.models.shops import shop


class Refusing:
    """A champion that past days chose and the data of today do not suit."""

    name = "pareto_nbd"

    def fit(self, ledger, *, horizon, rng):
        raise PerenneError(
            _("Nobody has bought a second time."),
            next_step=_("Wait until customers had the time to come back."),
        )


def test_the_manifest_keeps_who_refused_and_why_in_both_languages():
    ledger = shop(np.random.default_rng(5), customers=60)
    places = {name: np.full(60, -1) for name in ("channel", "country")}
    judged = SimpleNamespace(
        horizon=365,
        champion=SimpleNamespace(name="pareto_nbd", standings=()),
        field={"pareto_nbd": Refusing(), "hurdle": None},
        outdone=frozenset(),
        backtest=Backtest((), ()),
    )
    with remembered():
        teller = telling.Teller(
            replace(ledger, attributes=places, customer_ids=np.arange(60).astype(str)),
            judged,
            telling.Told([None] * 60, {}, None),
            settings=PredictionSettings(),
            rng=np.random.default_rng(6),
        )
        rows = teller.tables([12, 24])["predictions"].to_pylist()
        manifest = teller.manifest()
    assert {row["model"] for row in rows} == {"simple_clv"}
    assert manifest["models"] == {"12": "simple_clv", "24": "simple_clv"}
    first, second = manifest["refused_by"]
    assert (first["horizon_months"], second["horizon_months"]) == (12, 24)
    assert first["name"] == "pareto_nbd"
    assert first["reason_en"].startswith("Nobody has bought a second time. Wait until")
    assert first["reason_fr"].startswith("Personne n’a acheté une deuxième fois")

"""A saved model comes back as what it was, or the reason is said."""

import json
import re
from importlib import import_module

import pytest

from perenne.core import PerenneError
from perenne.models.purchases.beta_geo import FittedBetaGeo
from perenne.models.saved import HOMES, load_model

MODEL = FittedBetaGeo(
    parameters={"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259},
    log_likelihood=-9582.43,
    covariance=tuple(tuple(float(i == j) for j in range(4)) for i in range(4)),
    customers=2357.0,
)


def test_text_and_file_come_back(tmp_path):
    path = tmp_path / "bg.json"
    MODEL.save(path)
    assert load_model(MODEL.to_json()) == MODEL
    assert load_model(path) == MODEL
    assert load_model(str(path)) == MODEL


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": 99}, "saved in format 99; this version reads format 1"),
        ({"model": "BetaGoe"}, "No model is called BetaGoe"),
        ({"model": None}, "No model is called None"),
    ],
)
def test_another_version_and_an_unknown_name(changed, said):
    with pytest.raises(PerenneError, match=said) as error:
        load_model(json.dumps({**json.loads(MODEL.to_json()), **changed}))
    assert error.value.next_step


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"model": ', "JSON is broken"),
        ("nowhere.json", "cannot be read"),
        ("{}", "it does not say which it is"),
    ],
)
def test_broken_and_missing_files(text, said):
    with pytest.raises(PerenneError, match=said):
        load_model(text)


def test_a_file_of_something_else(tmp_path):
    path = tmp_path / "list.json"
    path.write_text("[1]")
    with pytest.raises(PerenneError, match="no parameters"):
        load_model(path)


@pytest.mark.parametrize("name", sorted(HOMES))
def test_every_name_has_a_home(name):
    kind = getattr(import_module(HOMES[name]), f"Fitted{name}")
    assert kind.model == name


def test_a_damaged_file_names_what_is_missing():
    text = json.dumps({"model": "BetaGeo", "format": 1, "parameters": {}})
    with pytest.raises(PerenneError, match="covariance, customers, log_likelihood are missing"):
        load_model(text)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"parameters": {"r": 1.0}}, "alpha = None, a = None, b = None"),
        ({"alpha": float("nan")}, "alpha = nan"),
        ({"alpha": -3}, "alpha = -3"),
        ({"alpha": "4"}, "alpha = '4'"),
        ({"alpha": True}, "alpha = True"),
        ({"covariance": [[1.0, 2.0]]}, "covariance = "),
        ({"covariance": "none"}, "covariance = 'none'"),
        ({"parameters": None}, "r = None"),
    ],
)
def test_damaged_parameters_are_named(changed, said):
    saved = json.loads(MODEL.to_json())
    if not {"parameters", "covariance"} & changed.keys():
        changed = {"parameters": saved["parameters"] | changed}
    with pytest.raises(PerenneError, match=re.escape(said)) as error:
        load_model(json.dumps(saved | changed))
    assert "The saved BetaGeo is damaged" in error.value.what
    assert "Fit the model again" in error.value.next_step

"""A package loads the module of a name when it is asked for, and has no other names."""

import json.decoder

import pytest

from perenne.core.faces import found_in


def test_a_name_is_looked_up_in_its_module() -> None:
    look_up = found_in("json", {"JSONDecoder": "decoder", "nothing": "decoder"})
    assert look_up("JSONDecoder") is json.decoder.JSONDecoder
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        look_up("nothing")


def test_another_name_is_refused_as_a_module_does() -> None:
    with pytest.raises(AttributeError, match="module 'json' has no attribute 'dumps'"):
        found_in("json", {})("dumps")

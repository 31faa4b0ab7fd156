"""Nouns can be written and read back: their types are known when a program runs."""

from __future__ import annotations

import importlib
import pkgutil
import typing
from dataclasses import is_dataclass

import pytest

from roomreel import model

MODULES = [f"roomreel.model.{found.name}" for found in pkgutil.iter_modules(model.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_types_of_nouns_are_known(name: str) -> None:
    module = importlib.import_module(name)
    nouns = [
        noun
        for noun in vars(module).values()
        if isinstance(noun, type) and is_dataclass(noun) and noun.__module__ == name
    ]
    for noun in nouns:
        assert typing.get_type_hints(noun).keys() == noun.__dataclass_fields__.keys()

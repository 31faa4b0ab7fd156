"""Files by what documents call them."""

from __future__ import annotations

import pytest
from deliveries import MemoryListing
from hypothesis import given
from hypothesis import strategies as st

from roomreel.importers.delivery.beside import Beside

FILES = MemoryListing(
    dict.fromkeys(
        ("day/a.json", "day/a.webm", "day/in/b.webm", "other/a.webm", "c d.webm", "x/e.webm"), b""
    )
)


@pytest.mark.parametrize(
    ("called", "file"),
    [
        ("a.webm", "day/a.webm"),
        ("/recordings/7/a.webm", "day/a.webm"),
        ("./in/b.webm", "day/in/b.webm"),
        ("in\\b.webm", "day/in/b.webm"),
        ("e.webm", "x/e.webm"),
        ("s3://bucket/day/a.webm", "day/a.webm"),
        ("https://u:p@host/y/c%20d.webm?X-Amz-Signature=1#f", "c d.webm"),
        ("none.webm", None),
        ("https://[bad/a.webm", None),
        ("in/", None),
        ("../other/a.webm", "day/a.webm"),
    ],
)
def test_a_file_is_found_by_its_name(called: str, file: str | None) -> None:
    assert Beside(FILES).find("day/a.json", None, called) == file


def test_a_name_that_several_folders_have_is_nobodys() -> None:
    assert Beside(FILES).find("far/a.json", "a.webm") is None


def test_the_likeliest_name_wins() -> None:
    assert Beside(FILES).find("day/a.json", "none", "e.webm", "a.webm") == "x/e.webm"


@given(st.text())
def test_whatever_it_is_called_only_files_that_are_there_are_found(called: str) -> None:
    assert Beside(FILES).find("day/a.json", called) in {None, *FILES.sizes}

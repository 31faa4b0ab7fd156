import pytest

from roomreel.cli.sql import distinct


@pytest.mark.parametrize(
    ("names", "told_apart"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["a", "a_2", "a"], ["a", "a_2", "a_3"]),
        ([], []),
    ],
)
def test_columns_of_one_name_are_told_apart(names, told_apart):
    assert distinct(names) == told_apart

import pytest

from roomreel.text import counted, did_you_mean, listed, no_such, size_text


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("heigth", 'did you mean "height"?'),
        ("zzz", ""),
        ("width" * 1000, ""),
    ],
)
def test_guesses_a_mistyped_key(word, hint):
    assert did_you_mean(word, ["width", "height"]) == hint


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["mic"], "mic"),
        (["screen", "mic", "mic", "camera"], "camera, mic (2), screen"),
        ("abcdefghijklmn", "a, b, c, d, e, f, g, h, i, j, k, l and 2 more"),
    ],
)
def test_lists_names_with_their_counts(names, words):
    assert listed(names) == words


@pytest.mark.parametrize(
    ("name", "known", "remedy"),
    [
        ("gird", ["grid", "row"], 'did you mean "grid"?'),
        ("zzz", ["row", "grid", "grid", None], "there are: grid, row"),
        ("zzz", [], "there is no template at all"),
    ],
)
def test_a_name_that_nothing_has_comes_with_those_there_are(name, known, remedy):
    error = no_such("template", name, known)
    assert (error.message, error.remedy) == (f"there is no template {name!r}", remedy)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("count", "words"),
    [
        *((0, "0 bytes"), (1, "1 byte"), (999_999, "999999 bytes"), (1_000_000, "1.0 MB")),
        *((999_900_000, "999.9 MB"), (42_000_000_000, "42.0 GB")),
    ],
)
def test_sizes_have_the_unit_of_people(count, words):
    assert size_text(count) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 rooms"), (1, "1 room"), (2, "2 rooms")])
def test_one_is_no_plural(count, words):
    assert counted(count, "room") == words

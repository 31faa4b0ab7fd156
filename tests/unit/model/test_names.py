import pytest

from roomreel.model.names import did_you_mean, listed, no_such


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

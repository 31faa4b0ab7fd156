"""The words by which files that roomreel made are known again."""

MARK = "made by roomreel"

"""What somebody does in a tab of a browser, by keys and with a player."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page


def focused(tab: Page) -> str:
    """The id or the text of what has the focus."""
    return str(
        tab.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
    )


def tab_to(tab: Page, name: str, most: int = 80) -> None:
    """Press the tab key until what has this id or text has the focus, which is seen."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        if focused(tab).startswith(name):
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert tab.evaluate(outline) != "none"
            return
    pytest.fail(f"the tab key never comes to {name}")


def wait_until(tab: Page, condition: str) -> None:
    """Wait in steps: the policy of pages forbids what Playwright would have evaluated there."""
    for _ in range(200):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(condition)

"""The browser fixtures notice what they promise to notice."""

from playwright.sync_api import Page, expect


def test_the_front_page_opens_without_a_complaint(page: Page, problems: list[str]) -> None:
    page.goto("/")

    expect(page.locator("body")).to_be_visible()
    assert problems == []


def test_a_refused_inline_script_is_a_problem(page: Page, problems: list[str]) -> None:
    page.goto("/")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.append(s) }"
    )

    assert page.evaluate("() => window.ran") is None
    assert any("Content Security Policy" in problem for problem in problems), problems
    problems.clear()


def test_a_script_error_is_a_problem(page: Page, problems: list[str]) -> None:
    page.goto("/")
    page.evaluate("() => { setTimeout(() => { throw new Error('boom') }) }")
    page.wait_for_timeout(100)

    assert any("boom" in problem for problem in problems)
    problems.clear()


def test_a_missing_file_is_a_problem(page: Page, problems: list[str]) -> None:
    page.goto("/")
    page.evaluate("() => fetch('/static/nowhere.css').then(() => null)")

    assert any("404" in problem for problem in problems)
    problems.clear()

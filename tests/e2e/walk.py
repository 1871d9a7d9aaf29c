"""Finding one's way in pages by what they show, as a person does who was given no address."""

from playwright.sync_api import Locator, Page, expect


class Walk:
    """A person at a page: links, buttons and fields are found by their visible labels alone.

    The labels of whatever was followed, pressed or filled in are remembered, so that a guide can
    be held against them; names that somebody chose are not.
    """

    def __init__(self, page: Page):
        self.page = page
        self.labels: set[str] = set()

    def link(self, label: str, within: Locator | None = None) -> None:
        self._use(label, (within or self.page).get_by_role("link", name=label, exact=True)).click()

    def open(self, name: str) -> None:
        """Follows the link that has somebody's own name for something."""
        self.page.get_by_role("link", name=name, exact=True).click()

    def press(self, label: str, within: Locator | None = None) -> None:
        button = (within or self.page).get_by_role("button", name=label, exact=True)
        self._use(label, button).click()

    def unfold(self, label: str, within: Locator | None = None) -> None:
        """Opens what hides behind a label: a menu, or a part that is not always wanted."""
        folded = (within or self.page).locator("summary").get_by_text(label, exact=True)
        self._use(label, folded).click()

    def fill(self, label: str, value: str, within: Locator | None = None) -> None:
        field = (within or self.page).get_by_label(label, exact=True)
        self._use(label, field).fill(value)

    def choose(self, label: str, option: str, within: Locator | None = None) -> None:
        """Takes the option of a list that begins with some words."""
        field = self._use(label, (within or self.page).get_by_label(label, exact=True))
        shown = field.locator("option").filter(has_text=option).first.inner_text()
        field.select_option(label=shown)

    def turn(self, label: str, on: bool, within: Locator | None = None) -> None:
        field = self._use(label, (within or self.page).get_by_label(label, exact=True))
        field.set_checked(on)

    def copied(self, label: str, within: Locator | None = None) -> str:
        """What a copy button puts where it can be pasted from."""
        self.press(label, within)
        return self.page.evaluate("() => navigator.clipboard.readText()")

    def region(self, label: str) -> Locator:
        """A part of the page, by its title."""
        return self._use(label, self.page.get_by_role("region", name=label, exact=True))

    def is_told(self, words: str) -> None:
        """A message of success that says so."""
        expect(self.page.get_by_role("status").filter(has_text=words)).to_be_visible()

    def _use(self, label: str, found: Locator) -> Locator:
        self.labels.add(label)
        return found

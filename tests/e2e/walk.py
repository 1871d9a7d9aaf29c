"""Navigation in pages by their visible labels, without addresses."""

from playwright.sync_api import Locator, Page, expect


class Walk:
    """A visitor of a page: links, buttons and fields are found by their visible labels alone.

    The labels that were used are recorded, so that a guide can be compared with them; names that
    users chose are not.
    """

    def __init__(self, page: Page):
        self.page = page
        self.labels: set[str] = set()

    def link(self, label: str, within: Locator | None = None) -> None:
        self._use(label, (within or self.page).get_by_role("link", name=label, exact=True)).click()

    def open(self, name: str) -> None:
        """Follows a link whose text is a name that a user chose."""
        self.page.get_by_role("link", name=name, exact=True).click()

    def press(self, label: str, within: Locator | None = None) -> None:
        button = (within or self.page).get_by_role("button", name=label, exact=True)
        self._use(label, button).click()

    def unfold(self, label: str, within: Locator | None = None) -> None:
        """Opens a menu or a collapsed part by its label."""
        folded = (within or self.page).locator("summary").get_by_text(label, exact=True)
        self._use(label, folded).click()

    def fill(self, label: str, value: str, within: Locator | None = None) -> None:
        field = (within or self.page).get_by_label(label, exact=True)
        self._use(label, field).fill(value)

    def choose(self, label: str, option: str, within: Locator | None = None) -> None:
        """Selects the option of a list that contains a text."""
        field = self._use(label, (within or self.page).get_by_label(label, exact=True))
        shown = field.locator("option").filter(has_text=option).first.inner_text()
        field.select_option(label=shown)

    def set_checked_option(self, label: str, on: bool, within: Locator | None = None) -> None:
        field = self._use(label, (within or self.page).get_by_label(label, exact=True))
        field.set_checked(on)

    def copied(self, label: str, within: Locator | None = None) -> str:
        """Presses a copy button and returns the content of the clipboard."""
        self.press(label, within)
        return self.page.evaluate("() => navigator.clipboard.readText()")

    def region(self, label: str) -> Locator:
        """A region of the page, by its title."""
        return self._use(label, self.page.get_by_role("region", name=label, exact=True))

    def is_told(self, words: str) -> None:
        """Expects a status message with these words."""
        expect(self.page.get_by_role("status").filter(has_text=words)).to_be_visible()

    def _use(self, label: str, found: Locator) -> Locator:
        self.labels.add(label)
        return found

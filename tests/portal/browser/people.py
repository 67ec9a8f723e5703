"""People at their browsers: what they press and fill in is counted."""

from __future__ import annotations

from typing import Any

from benchmarks.office_server import TemporaryOffice, address_of, password

TABS_MAX = 400


class Someone:
    """A person with a browser of his own, signed in through the sign-in page."""

    def __init__(self, browser: Any, office: TemporaryOffice, role: str, organisation: str, language: str) -> None:
        self.root = f"http://127.0.0.1:{office.port}"
        self.context = browser.new_context(viewport={"width": 1360, "height": 900})
        self.context.add_cookies([{"name": "django_language", "value": language, "url": self.root}])
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.steps = 0
        self.email = address_of(role, organisation)

    def sign_in(self) -> Someone:
        """By e-mail address and password."""
        self.open("/accounts/login/")
        self.page.fill("[name=login]:not([type=hidden])", self.email)
        self.page.fill("[name=password]:not([type=hidden])", password())
        self.page.click("form:has([type=password]) button.primary")
        self.page.wait_for_selector("header .who")
        return self

    def open(self, address: str) -> None:
        """A bookmark."""
        self.page.goto(self.root + address)

    @property
    def place(self) -> str:
        """The address at which the browser stands."""
        return str(self.page.url.removeprefix(self.root))

    @property
    def text(self) -> str:
        """What is to be read on the page."""
        return str(self.page.inner_text("main"))

    def press(self, selector: str) -> None:
        """Press a button or follow a link: one step."""
        self.steps += 1
        self.page.locator(selector).first.click()

    def go(self, selector: str) -> None:
        """Press what leads to another page, and wait for it; if it is in a closed menu, the menu first."""
        menu = self.page.locator(f"details:not([open]):has({selector}) > summary")
        if menu.count():
            self.steps += 1
            menu.first.click()
        with self.page.expect_navigation():
            self.press(selector)

    def write(self, selector: str, text: str) -> None:
        """Fill in a field: one step."""
        self.steps += 1
        self.page.locator(selector).first.fill(text)

    def choose(self, selector: str, name: str) -> None:
        """Choose from a list by what it says: one step."""
        self.steps += 1
        self.page.locator(selector).first.select_option(label=name)

    def tab_to(self, selector: str) -> None:
        """Go on from field to field until this one has the focus; nothing but the keyboard."""
        for _ in range(TABS_MAX):
            if self.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {selector} on {self.place}")

    def key(self, selector: str, *keys: str, typed: str = "") -> None:
        """Type and press keys where the keyboard has gone."""
        self.tab_to(selector)
        if typed:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(typed)
        for key in keys:
            self.page.keyboard.press(key)

    def enter(self, selector: str) -> None:
        """Press Enter on what leads to another page; if it is in a closed menu, on the menu first."""
        menu = f"details:not([open]):has({selector}) > summary"
        if self.page.locator(menu).count():
            self.key(menu, "Enter")
        self.tab_to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def close(self) -> None:
        """End; nothing may have gone wrong behind the pages."""
        self.context.close()
        assert self.said == []

"""A newcomer's hand: reads pages as HTML, follows links, fills fields, presses buttons, and counts what it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.test import Client

VOID = {"input", "meta", "link", "br", "hr", "img", "path", "circle"}


@dataclass
class Form:
    """A form with the values that it has when the page opens."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Name of a field by its id."""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(words, name, value)"""


class Page(HTMLParser):
    """Links, forms and labels of a page, in its own words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.labels: dict[str, str] = {}
        self._words: list[tuple[str, dict[str, str], list[str]]] = []
        self._select: tuple[str, list[str], list[str]] | None = None
        self._form: Form | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(own.get("action", ""), own.get("method", "get"))
            self.forms.append(self._form)
        if tag in {"a", "button", "label", "textarea"}:
            self._words.append((tag, own, []))
        if self._form is None:
            return
        if tag in {"input", "select", "textarea"} and own.get("name"):
            self._form.names[own.get("id", "")] = own["name"]
        if tag == "input" and own.get("name"):
            picks = own.get("type") in {"checkbox", "radio"}
            if own.get("type") != "file" and (not picks or "checked" in own):
                self._form.values.setdefault(own["name"], []).append(own.get("value", "on" if picks else ""))
        if tag == "select":
            self._select = (own.get("name", ""), [], [])
        if tag == "option" and self._select:
            self._select[1].append(own.get("value", ""))
            if "selected" in own:
                self._select[2].append(own.get("value", ""))

    def handle_data(self, data: str) -> None:
        for _tag, _own, words in self._words:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select" and self._select and self._form:
            name, offered, chosen = self._select
            self._form.values[name] = chosen or offered[:1]
            self._select = None
        if self._words and self._words[-1][0] == tag:
            self._take(*self._words.pop())

    def _take(self, tag: str, own: dict[str, str], words: list[str]) -> None:
        text = " ".join("".join(words).split())
        if tag == "a" and own.get("href"):
            self.links.append((text, own["href"]))
        elif tag == "label":
            self.labels[own.get("for", "")] = text
        elif tag == "button" and self._form is not None and own.get("type") != "button":
            self._form.buttons.append((text, own.get("name", ""), own.get("value", "")))
        elif tag == "textarea" and self._form is not None:
            self._form.values[own.get("name", "")] = ["".join(words).lstrip("\n")]


class Hand:
    """One person at one browser. ``count``: links and buttons pressed, fields filled, boxes changed."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.count = client, 0
        self.open(address)

    def open(self, address: str) -> None:
        """Go to an address, following redirects; not counted."""
        self._show(self.client.get(address, follow=True), address)

    def _show(self, response: Any, address: str) -> None:
        self.response = response
        self.address = response.redirect_chain[-1][0] if response.redirect_chain else address
        assert response.status_code == 200, (response.status_code, self.address)
        self.page = Page(response.content.decode())
        self.filled: dict[str, list[str]] = {}

    def follow(self, words: str) -> None:
        """Press the first link with these words."""
        self.count += 1
        href = next(href for text, href in self.page.links if words in text)
        self.open(urljoin(self.address, href))

    def fill(self, name: str, *values: str) -> None:
        """Fill a field."""
        self.count += 1
        self.filled[name] = list(values)

    def untick(self, name: str, value: str) -> None:
        """Take the tick off one box of a group."""
        self.count += 1
        form = next(form for form in self.page.forms if name in form.values)
        self.filled[name] = [each for each in self.filled.get(name, form.values[name]) if each != value]

    def press(self, words: str) -> None:
        """Press the first button with these words: its form is sent with what stands in it."""
        self.count += 1
        form, button = next(
            (form, button) for form in self.page.forms for button in form.buttons if button[0].startswith(words)
        )
        data = form.values | self.filled
        if button[1]:
            data[button[1]] = [button[2]]
        address = urljoin(self.address, form.action or self.address)
        self._show(self.client.post(address, data, follow=True), address)

"""Going through an office as one person, from link to link, and looking hard at each page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from django.urls import Resolver404, resolve

from benchmarks.office_server import TemporaryOffice
from rasana.portal.base.persian_style import LATIN_TERMS

MAP = re.compile(r"/portal/map-|maplibre|map[^/]*\.json|/map/")
NO_PAGE = re.compile(r"\.(?:pdf|ics|json|csv|xlsx|zip|gpkg|html)(?:\?|$)|/files/|export=|format=|/dossier/$|/language/")
"""Links that bring a file, or do something."""

LATIN = """(terms) => {
  const skip = "bdi, code, kbd, pre, script, style, noscript, template, [translate=no], [lang=en], [dir=ltr]";
  const names = ["aria-label", "title", "placeholder", "alt"];
  const found = new Set();
  const look = (text, where) => {
    let left = text.replaceAll(/https?:\\/\\/\\S+|\\S+@\\S+/g, " ");
    for (const term of terms) left = left.replaceAll(new RegExp(`(?<![A-Za-z])${term}(?![A-Za-z])`, "g"), " ");
    if (/[A-Za-z]{2}/.test(left)) found.add(`${where} «${text.trim().replace(/\\s+/g, " ").slice(0, 80)}»`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim() || node.parentElement.closest(skip)) continue;
    look(node.textContent, node.parentElement.tagName.toLowerCase());
  }
  for (const each of document.querySelectorAll(names.map((name) => `[${name}]`).join())) {
    if (each.closest(skip)) continue;
    for (const name of names) if (each.getAttribute(name)) look(each.getAttribute(name), name);
  }
  look(document.title, "title");
  return [...found];
}"""
WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= innerWidth) return [];
  const beyond = (each) => each.scrollWidth > innerWidth || each.getBoundingClientRect().right > innerWidth + 1;
  const out = (each) => each.checkVisibility({contentVisibilityAuto: true}) && beyond(each);
  const wide = [...document.querySelectorAll("body *")].filter(out).slice(-3);
  return [`${page.scrollWidth} px`, ...wide.map((each) => `${each.tagName.toLowerCase()}.${each.className}`)];
}"""
LINKS = "() => [...document.querySelectorAll('a[href]:not([download])')].map((each) => each.href)"


@dataclass
class Seen:
    """One page as one person met it."""

    address: str
    route: str
    person: str
    language: str
    width: int
    weight: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        """The faults, each with where."""
        return [f"{self.person} {self.language} {self.width} {self.address}: {fault}" for fault in self.faults]


class Walk:
    """One person with a browser of his own."""

    def __init__(
        self, browser: Any, office: TemporaryOffice, person: tuple[str, str] | None, language: str, width: int
    ) -> None:
        self.office, self.language, self.width = office, language, width
        self.person = "/".join(reversed(person)) if person else "nobody"
        self.root = f"http://127.0.0.1:{office.port}"
        self.context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=False)
        self.context.set_default_timeout(30_000)
        cookies = [{"name": "django_language", "value": language, "url": self.root}]
        if person is not None:
            visitor = office.visitor(*person)
            kept = {name: value for name, value in visitor.cookies.items() if name != "django_language"}
            cookies += [{"name": name, "value": value, "url": self.root} for name, value in kept.items()]
        self.context.add_cookies(cookies)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(f"script: {error}"))
        self.wire = self.context.new_cdp_session(self.page)
        self.wire.send("Network.enable")
        self.wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.wire.on("Network.requestWillBeSent", self._sent)
        self.wire.on("Network.loadingFinished", self._came)
        self.urls: dict[str, str] = {}
        self.weights: dict[str, int] = {}

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"} and "GPU stall" not in message.text:
            self.said.append(f"console: {message.text}")

    def _sent(self, event: Any) -> None:
        self.urls[event["requestId"]] = event["request"]["url"]

    def _came(self, event: Any) -> None:
        url = self.urls.get(event["requestId"], "")
        if url.startswith("http"):
            self.weights[url] = int(event["encodedDataLength"])

    def close(self) -> None:
        """End it."""
        self.context.close()

    def look(self, address: str, axe: str = "", picture: Path | None = None) -> Seen:
        """Open a page and write down everything that is wrong with it."""
        seen = Seen(address, route_of(address), self.person, self.language, self.width)
        self.said.clear()
        self.urls.clear()
        self.weights.clear()
        answer = self.page.goto(self.root + address, wait_until="load")
        self.page.wait_for_timeout(50)
        if answer.status != 200:
            seen.faults.append(f"status {answer.status}")
            return seen
        if (headings := self.page.locator("h1").count()) != 1:
            seen.faults.append(f"{headings} h1")
        if wide := self.page.evaluate(WIDE):
            seen.faults.append(f"wider than the screen: {wide}")
        if self.language == "fa":
            seen.faults += [f"English: {each}" for each in self.page.evaluate(LATIN, list(TERMS))]
        seen.weight = sum(size for url, size in self.weights.items() if not MAP.search(url))
        if axe:
            self.wire.send("Runtime.evaluate", {"expression": axe})
            found = self.page.evaluate("() => axe.run({resultTypes: ['violations']})")["violations"]
            for each in found:
                seen.faults.append(f"axe {each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['html'][:150]}")
        seen.faults += self.said
        if picture is not None:  # last: it writes a style into the page, of which the browser complains
            picture.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=picture, full_page=True)
        return seen

    def links(self) -> list[str]:
        """Addresses of the office that the page links to."""
        found = []
        for href in self.page.evaluate(LINKS):
            plain = urldefrag(href).url
            address = plain.removeprefix(self.root)
            if address != plain and not NO_PAGE.search(address):
                found.append(address)
        return found

    def all(self, axe: str = "", pictures: Path | None = None, of_a_kind: int = 1) -> Iterator[Seen]:
        """Every kind of page that can be reached from the first one; so many of each kind."""
        waiting, known, kinds = ["/"], {"/"}, dict[str, int]()
        while waiting:
            address = waiting.pop(0)
            kind = kind_of(address)
            if kinds.get(kind, 0) >= of_a_kind or kind.count("&"):
                continue
            kinds[kind] = kinds.get(kind, 0) + 1
            name = re.sub(r"\W+", "-", kind).strip("-") or "start"
            picture = pictures / f"{name}-{self.language}-{self.width}.png" if pictures and kinds[kind] == 1 else None
            yield self.look(address, axe, picture)
            for link in self.links():
                if link not in known:
                    known.add(link)
                    waiting.append(link)


TERMS = sorted(map(re.escape, (*LATIN_TERMS, "English")), key=len, reverse=True)
"""What may stand in Latin on a Persian page: the style's terms, and the other language by its own name."""


def route_of(address: str) -> str:
    """The pattern that an address follows."""
    try:
        return resolve(urlsplit(address).path).route
    except Resolver404:
        return f"unknown {address}"


def kind_of(address: str) -> str:
    """The pattern with the names of what is asked for: pages of one kind look alike."""
    names = sorted({pair.partition("=")[0] for pair in urlsplit(address).query.split("&") if pair})
    return f"{route_of(address)}?{'&'.join(names)}" if names else route_of(address)

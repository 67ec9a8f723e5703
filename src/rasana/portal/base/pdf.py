"""PDF of a page template: Vazirmatn, right to left, Persian page counters, tagged (PDF/UA-1), nothing from outside.

Templates extend "base/pdf.html". WeasyPrint is loaded when the first PDF is drawn: that takes seconds.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

PORTAL = Path(__file__).resolve().parent.parent
FONTS = (
    "frontend/generated/vazirmatn.woff2",
    "static_built/portal/vazirmatn-*.woff2",
    "frontend/node_modules/vazirmatn/fonts/webfonts/Vazirmatn[[]wght].woff2",
)
"""Where the font may be: as cut for the pages, as built, as packaged. Without it the system's Arabic font is taken."""
FONT_ADDRESS = "office:font"


@cache
def font_path() -> Path | None:
    """The file of Vazirmatn, variable in weight; None where the pages have not been built."""
    return next((path for pattern in FONTS for path in sorted(PORTAL.glob(pattern))), None)


def render(template: str, context: dict[str, Any], *, language: str = "fa") -> bytes:
    """The PDF of a template in a language, as bytes."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):  # type: ignore[misc]
        """The font and pictures within the page; every other address is refused."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            path = font_path()
            if url != FONT_ADDRESS or path is None:
                raise ValueError(f"a PDF takes nothing from {url}")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/woff2"})

    persian = language == "fa"
    with translation.override(language):
        html = render_to_string(
            template,
            context
            | {
                "language": language,
                "direction": "rtl" if persian else "ltr",
                "counter": "persian" if persian else "decimal",
                "font": FONT_ADDRESS if font_path() else "",
            },
        )
    drawing = HTML(string=html, url_fetcher=Fetcher(), base_url=None)
    return drawing.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True)  # type: ignore[no-any-return]

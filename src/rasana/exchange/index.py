"""A page that leads to the reports of several studies, in both languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from rasana.exchange.words import Language, money, number, quantity, term

STYLE = """
body{margin:0 auto;max-width:60rem;padding:2rem 1rem;font:1rem/1.7 Vazirmatn,"Noto Sans Arabic",Tahoma,sans-serif;
background:#f6f4f1;color:#1f1d1a}
h1{font-size:1.625rem;margin:0 0 1rem}section+section{margin-block-start:3rem;border-block-start:1px solid #d9d4cc}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr))}
a.card{display:block;background:#fff;border:1px solid #d9d4cc;border-radius:12px;padding:1rem 1.25rem;
color:inherit;text-decoration:none}
a.card:hover,a.card:focus-visible{border-color:#1d4f91;outline:3px solid #1d4f91;outline-offset:2px}
h2{font-size:1.25rem;margin:0}small{color:#5b564e}p{margin:.25rem 0}b{color:#1d4f91}
@media(prefers-color-scheme:dark){body{background:#16181b;color:#ece8e1}a.card{background:#1e2125;border-color:#3a3f45}small{color:#b3ada3}b{color:#8ab4f0}}
"""


def write_index(folders: Sequence[Path], path: Path) -> None:
    """Write a page with a card for each folder that holds a study; links are relative to ``path``."""
    parts = "".join(_section(folders, path.parent, language) for language in ("fa", "en"))
    page = (
        '<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(term('index.title', 'fa'))}</title><style>{STYLE}</style></head><body>{parts}</body></html>"
    )
    path.write_text(page, encoding="utf-8")


def _section(folders: Sequence[Path], base: Path, language: Language) -> str:
    direction = "rtl" if language == "fa" else "ltr"
    cards = "".join(_card(folder, base, language) for folder in folders if (folder / "summary.json").is_file())
    body = f'<div class="cards">{cards}</div>' if cards else f"<p>{escape(term('index.none', language))}</p>"
    return (
        f'<section lang="{language}" dir="{direction}"><h1>{escape(term("index.title", language))}</h1>{body}</section>'
    )


def _card(folder: Path, base: Path, language: Language) -> str:
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    errors = int(summary["findings"]["error"])
    state = (
        term("index.met", language)
        if errors == 0
        else f"{number(float(errors), language)} {term('index.breaches', language)}"
    )
    transformers = float(sum(summary["transformers"].values()))
    facts = (
        f"{number(float(summary['plots']), language)} {term('index.plots', language)}، " if language == "fa" else
        f"{number(float(summary['plots']), language)} {term('index.plots', language)}, "
    )  # fmt: skip
    facts += f"{number(transformers, language)} {term('index.transformers', language)}"
    cost = money(float(summary["cost"]["total"]), str(summary.get("currency", "")), language)
    peak = term("cli.peak", language) + " " + quantity(float(summary["peak_kw"]), "kW", language, 0)
    link = escape((folder / "report.html").relative_to(base).as_posix() + ("" if language == "fa" else "#en"))
    name = str(summary["estate"])
    shown = term(f"estate.{name}", language, fallback=name)
    said = str(summary.get("label") or "")
    label = f"<small>{escape(term(f'label.{said}', language, fallback=said))}</small>" if said else ""
    return (
        f'<a class="card" href="{link}"><h2>{escape(shown)}</h2>{label}<p><b>{escape(cost)}</b></p>'
        f"<p>{escape(facts)}</p><p>{escape(peak)}</p><p>{escape(state)}</p></a>"
    )

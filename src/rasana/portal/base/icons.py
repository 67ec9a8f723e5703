"""Drawings: the icons of actions and places, and the shapes of the seven statuses. Each is a path in its view box."""

from __future__ import annotations

ICONS = {
    "desk": "M3 5h10v6H3zM2 13.5h12M6 8h4",
    "estate": "M2 4l4-1.5 4 1.5 4-1.5v9.5L10 13.5 6 12 2 13.5zM6 2.5V12M10 4v9.5",
    "request": "M4 2h6l2.5 2.5V14H4zM8.6 5.5L6.8 8.6h2.4L7.6 11.6",
    "problem": "M4 14V2.5M4 3h8l-1.8 3L12 9H4",
    "meeting": "M5.5 7.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM2 13c0-2.2 1.5-3.6 3.5-3.6S9 10.8 9 13M10.7 8a1.7 1.7 0 1 0 0-3.4"
    "M11 9.6c1.8.1 3 1.4 3 3.4",
    "commitment": "M6.5 9.5l3-3M5 7.2L3.6 8.6a2.55 2.55 0 0 0 3.6 3.6l1.6-1.5"
    "M11 8.8l1.4-1.4a2.55 2.55 0 0 0-3.6-3.6L7.2 5.3",
    "study": "M2.5 13.5v-11M2.5 13.5h11M5 10.5l2.5-3 2 1.5L13 4.5",
    "report": "M3.5 13.5v-4M8 13.5v-11M12.5 13.5V6.5M2 13.5h12",
    "programme": "M13.5 3.5H8M11 8H5M6.5 12.5h-4M2 2v12",
    "bolt": "M9 1.8L4.5 8.5h3L6.8 14l4.7-7h-3z",
    "people": "M8 7.5a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zM3.2 13.5c0-2.6 2-4.2 4.8-4.2s4.8 1.6 4.8 4.2",
    "settings": "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 2v2M8 12v2M2 8h2M12 8h2",
    "bell": "M4 11.5V7a4 4 0 0 1 8 0v4.5l1 1H3zM6.7 14h2.6",
    "search": "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3L14 14",
    "more": "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
    "next": "M6 3.5L10.5 8 6 12.5",
    "back": "M10 3.5L5.5 8 10 12.5",
    "down": "M3.5 6L8 10.5 12.5 6",
    "check": "M3 8.5l3.3 3.3L13 4.7",
    "close": "M4 4l8 8M12 4l-8 8",
    "plus": "M8 3v10M3 8h10",
    "warning": "M8 2.2l6.3 11.3H1.7zM8 6.5v3M8 11.6v.1",
    "info": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.3V11M8 5v.1",
    "download": "M8 2.5v8M4.8 7.5L8 10.7l3.2-3.2M3 13.5h10",
    "upload": "M8 10.7v-8M4.8 5.7L8 2.5l3.2 3.2M3 13.5h10",
    "print": "M4.5 6V2.5h7V6M4.5 11.5H3V6h10v5.5h-1.5M4.5 9.5h7v4h-7z",
    "document": "M4 2h5.5l3 3v9H4zM9.5 2v3h3M6 8.5h4.5M6 11h4.5",
    "letter": "M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5",
    "calendar": "M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3",
    "clock": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
    "comment": "M3 3h10v7.5H7.5L5 13v-2.5H3z",
    "copy": "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
    "home": "M2.5 7.5L8 2.8l5.5 4.7M4 6.5v7h8v-7",
    "phone": "M3 3.5C3 9 7 13 12.5 13l.5-2.6-3-1.1-1.2 1.3C7 9.8 6.2 9 5.4 7.2L6.7 6 5.6 3z",
    "mobile": "M4.5 2h7v12h-7zM7 12h2",
    "pin": "M8 14.2S3.5 9.7 3.5 6.6a4.5 4.5 0 0 1 9 0c0 3.1-4.5 7.6-4.5 7.6z"
    "M8 8.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
    "edit": "M3 13l.6-2.8 7-7 2.2 2.2-7 7zM9.4 4.4l2.2 2.2",
    "attach": "M12.5 7.3l-5 5a3 3 0 0 1-4.2-4.2l5.4-5.4a2 2 0 0 1 2.8 2.8L6.3 10.7a1 1 0 0 1-1.4-1.4L9.6 4.6",
    "photo": "M2.5 4.5h2.7l1-1.5h3.6l1 1.5h2.7v8.5h-11zM8 11a2.3 2.3 0 1 0 0-4.6A2.3 2.3 0 0 0 8 11z",
    "send": "M14 2L1.8 6.8l4.9 2.3L14 2zM14 2L9 14.2l-2.3-5.1",
    "scales": "M8 2.5v11M5 13.5h6M3 4.5h10M3 4.5L1.5 9h3zM13 4.5L11.5 9h3z",
    "lock": "M4 7.5h8v6H4zM5.7 7.5V5.3a2.3 2.3 0 0 1 4.6 0v2.2",
    "seal": "M8 9.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM6 9l-1 5 3-1.5L11 14l-1-5",
    "exit": "M9.5 2.5h-6v11h6M6.5 8H14M11.5 5.5L14 8l-2.5 2.5",
    "language": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 1.8 2.6 3.8 2.6 6S10 12.2 8 14"
    "c-2-1.8-2.6-3.8-2.6-6S6 3.8 8 2z",
    "filter": "M2.5 3.5h11L9.5 8.5v4.5l-3-1.5v-3z",
    "eye": "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8z"
    "M8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
    "plug": "M6 2v3.5M10 2v3.5M4.5 5.5h7v2.7a3.5 3.5 0 0 1-7 0zM8 11.8V14",
    "history": "M3 8a5 5 0 1 0 1.6-3.7L3 5.8M3 2.8v3h3M8 5.3V8l2 1.3",
    "undo": "M6 3.5L2.8 6.7 6 9.9M3 6.7h6.5a3.5 3.5 0 0 1 0 7H7",
}  # fmt: skip
"""Drawn in a box of 16 by 16 with a line of 1.6."""

FLIPPED = frozenset({"next", "back", "undo", "exit", "send"})
"""These point along the direction of reading."""

_DISC = '<circle cx="6" cy="6" r="{r}" fill="none" stroke="currentColor" stroke-width="{w}"/>'
_STROKE = 'fill="none" stroke="var(--chip-ground,var(--surface))" stroke-width="1.5" stroke-linecap="round"'
SHAPES = {
    "live": '<circle cx="6" cy="6" r="5.5" fill="currentColor"/><path d="M3.4 6.2l1.9 1.9 3.4-4" ' + _STROKE + "/>",
    "plan": _DISC.format(r="4.7", w="1.6") + '<path d="M6 1.3a4.7 4.7 0 0 1 0 9.4z" fill="currentColor"/>',
    "risk": '<path d="M6 .8l5.6 10.2H.4z" fill="currentColor"/>',
    "late": '<path d="M6 .2L11.8 6 6 11.8.2 6z" fill="currentColor"/>',
    "broken": '<path d="M.8.8h10.4v10.4H.8z" fill="currentColor"/>'
    '<path d="M3.6 3.6l4.8 4.8m0-4.8L3.6 8.4" ' + _STROKE + "/>",
    "wait": _DISC.format(r="4.6", w="1.8"),
    "hidden": '<path d="M2.2 5.4h7.6v5.4H2.2z" fill="currentColor"/><path d="M4 5.4V3.6a2 2 0 0 1 4 0v1.8" fill="none" '
    'stroke="currentColor" stroke-width="1.4"/>',
}  # fmt: skip
"""Tick disc, half disc, triangle, diamond, crossed square, ring, lock: in a box of 12 by 12."""

"""Styles of the design's layers for QGIS, as QML text, for the table ``layer_styles`` inside the GeoPackage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from rasana.exchange import colours

QML_VERSION = "3.22.0"
PLOT_LABEL_SCALE = 2500
NAME_LABEL_SCALE = 15000
MV_BESIDE_MM = 0.9


@dataclass(frozen=True)
class Rule:
    """One line of the legend: which features, drawn how.

    ``layers`` are symbol layers from the lowest up, the first of them at ``level`` of the whole layer's drawing order.
    """

    label: str
    filter: str
    kind: str
    layers: tuple[tuple[str, Mapping[str, str]], ...]
    scale_max: int = 0
    level: int = 0


@dataclass(frozen=True)
class Style:
    """A named style of one layer."""

    layer: str
    name: str
    description: str
    qml: str
    default: bool = True


def rgba(colour: str, alpha: int = 255) -> str:
    """A colour as QGIS writes it: red, green, blue, alpha."""
    return ",".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + f",{alpha}"


def line(colour: str, width_mm: float, dash: str = "", beside_mm: float = 0.0) -> tuple[str, Mapping[str, str]]:
    """A line; ``dash`` in mm, such as "3;2"; ``beside_mm`` moves it to its left."""
    options = {"line_color": rgba(colour), "line_width": f"{width_mm}", "line_width_unit": "MM", "capstyle": "round"}
    options |= {"joinstyle": "round", "use_custom_dash": "1" if dash else "0"}
    options |= {"offset": f"{-beside_mm}", "offset_unit": "MM"} if beside_mm else {}
    return "SimpleLine", options | ({"customdash": dash, "customdash_unit": "MM"} if dash else {})


def fill(colour: str, edge: str, width_mm: float = 0.15, alpha: int = 255) -> tuple[str, Mapping[str, str]]:
    """A filled area with its edge."""
    options = {"color": rgba(colour, alpha), "style": "solid", "outline_color": rgba(edge), "outline_style": "solid"}
    return "SimpleFill", options | {"outline_width": f"{width_mm}", "outline_width_unit": "MM"}


def marker(shape: str, colour: str, size_mm: float, edge: str = colours.SURFACE) -> tuple[str, Mapping[str, str]]:
    """A marker of one of QGIS's simple shapes."""
    options = {"name": shape, "color": rgba(colour), "size": f"{size_mm}", "size_unit": "MM", "outline_style": "solid"}
    return "SimpleMarker", options | {"outline_color": rgba(edge), "outline_width": "0.35", "outline_width_unit": "MM"}


def qml(rules: Sequence[Rule], label: str = "", scale_max: int = 0, label_size: float = 8.0) -> str:
    """A QML document that draws by ``rules`` and, where ``label`` is an expression, writes it beside each feature."""
    labelled = "1" if label else "0"
    root = Element("qgis", version=QML_VERSION, styleCategories="Symbology|Labeling", labelsEnabled=labelled)
    renderer = SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="1", forceraster="0")
    tree = SubElement(renderer, "rules", key="{root}")
    symbols = SubElement(renderer, "symbols")
    _add_rules(tree, symbols, rules)
    if label:
        _add_label(root, label, scale_max, label_size)
    text = tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}"


def _add_rules(tree: Element, symbols: Element, rules: Iterable[Rule]) -> None:
    for number, rule in enumerate(rules):
        options = {"key": f"{{rule-{number}}}", "label": rule.label, "symbol": str(number)}
        if rule.filter:
            options["filter"] = rule.filter
        if rule.scale_max:
            options |= {"scalemaxdenom": str(rule.scale_max), "scalemindenom": "1"}
        SubElement(tree, "rule", options)
        options = {"type": rule.kind, "name": str(number), "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
        symbol = SubElement(symbols, "symbol", options)
        for place, (name, properties) in enumerate(rule.layers):
            level = {"class": name, "enabled": "1", "locked": "0", "pass": str(rule.level + place)}
            table = SubElement(SubElement(symbol, "layer", level), "Option", type="Map")
            for key, value in properties.items():
                SubElement(table, "Option", name=key, value=value, type="QString")


def _add_label(root: Element, expression: str, scale_max: int, size: float) -> None:
    labeling = SubElement(root, "labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    style = SubElement(
        settings, "text-style", fieldName=expression, isExpression="1", fontSize=f"{size}", fontSizeUnit="Point",
        textColor=rgba(colours.INK), fontFamily="Vazirmatn", namedStyle="Regular", textOpacity="1",
    )  # fmt: skip
    SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor=rgba(colours.SURFACE),
        bufferOpacity="0.85",
    )  # fmt: skip
    SubElement(settings, "placement", placement="0", dist="1.5", distUnits="MM", priority="5")
    SubElement(
        settings, "rendering", scaleVisibility="1" if scale_max else "0", scaleMin="0", scaleMax=str(scale_max),
        obstacle="1", drawLabels="1",
    )  # fmt: skip


def _cable_rules() -> list[Rule]:
    """MV lies a little beside its trench, so that LV is seen where both share it."""
    casing, thread = line(colours.SURFACE, 2.0, beside_mm=MV_BESIDE_MM), line(colours.SURFACE, 0.9)
    closed = line(colours.CABLE_MV, 1.1, beside_mm=MV_BESIDE_MM)
    opened = line(colours.CABLE_MV, 1.1, "3;2.5", beside_mm=MV_BESIDE_MM)
    service, lv = (line(colours.CABLE_SERVICE, 0.25),), (thread, line(colours.CABLE_LV, 0.5))
    is_open = 'coalesce("normally_open", false)'
    return [
        Rule("سرویس · service", "\"level\" = 'service'", "line", service, scale_max=8000),
        Rule("فشار ضعیف · LV", "\"level\" = 'lv'", "line", lv, level=3),
        Rule("فشار متوسط · MV", f"\"level\" = 'mv' AND NOT {is_open}", "line", (casing, closed), level=1),
        Rule("فشار متوسط، باز · MV, open", f"\"level\" = 'mv' AND {is_open}", "line", (casing, opened), level=1),
    ]


def _loading_rules(width_mm: float) -> list[Rule]:
    rules, lower = [], -1.0
    for upper, colour in colours.LOADING:
        top = "" if upper == float("inf") else f' AND "loading_pct" <= {upper:g}'
        label = f"> {lower:g} %" if not top else f"≤ {upper:g} %"
        rules.append(Rule(label, f'"loading_pct" > {lower:g}{top}', "line", (line(colour, width_mm),)))
        lower = upper
    return rules


def _area_rules(hues: Mapping[str, int]) -> list[Rule]:
    rules = []
    for hue, soft in enumerate(colours.AREA_SOFT):
        members = sorted(name for name, given in hues.items() if given == hue)
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in members)
        if members:
            label = members[0] if len(members) == 1 else f"{members[0]} … {members[-1]}"
            look = (fill(soft, colours.MAP_EDGE),)
            rules.append(Rule(label, f'"transformer_id" IN ({listed})', "fill", look))
    bare = (fill(colours.SURFACE, colours.LINE_STRONG),)
    return [*rules, Rule("بی‌برق · not supplied", "ELSE", "fill", bare)]


def _voltage_rules(limit_pu: float) -> list[Rule]:
    steps = colours.voltage_steps(limit_pu)
    rules = [Rule(f"< {steps[0]:.3f} pu", f'"voltage_min_pu" < {steps[0]}', "fill", (_shade(0),))]
    for number, lower in enumerate(steps):
        upper = f' AND "voltage_min_pu" < {steps[number + 1]}' if number + 1 < len(steps) else ""
        filter_text = f'"voltage_min_pu" >= {lower}{upper}'
        rules.append(Rule(f"≥ {lower:.3f} pu", filter_text, "fill", (_shade(number + 1),)))
    return [*rules, Rule("–", "ELSE", "fill", (fill(colours.SURFACE, colours.LINE_STRONG),))]


def _shade(number: int) -> tuple[str, Mapping[str, str]]:
    return fill(colours.VOLTAGE[number], colours.MAP_EDGE)


def _node_rules() -> list[Rule]:
    shapes = {
        "supply": ("نقطه تغذیه · supply point", marker("circle", colours.COPPER, 4.2)),
        "transformer_mv": ("ترانسفورماتور · transformer", marker("square", colours.INK, 1.4)),
        "service": ("تابلو انشعاب · pillar", marker("square", colours.CABLE_LV, 1.2)),
        "joint": ("مفصل · joint", marker("circle", colours.CABLE_LV, 0.9)),
    }
    return [
        Rule(label, f"\"kind\" = '{kind}'", "marker", (look,), scale_max=0 if kind == "supply" else 5000)
        for kind, (label, look) in shapes.items()
    ]


def _finding_rules() -> list[Rule]:
    looks = {"error": ("خطا", colours.LATE), "warning": ("هشدار", colours.RISK), "note": ("نکته", colours.PLAN)}
    rules = []
    for severity, (label, colour) in looks.items():
        look = marker("triangle", colour, 4.0, colours.INK)
        rules.append(Rule(f"{label} · {severity}", f"\"severity\" = '{severity}'", "marker", (look,)))
    return rules


def layer_styles(hues: Mapping[str, int], limit_pu: float, *, plots_are_points: bool) -> list[Style]:
    """All styles of one design: ``hues`` gives each transformer its area colour, ``limit_pu`` the lowest voltage."""
    transformer = Rule("", "", "marker", (marker("square", colours.INK, 4.4), marker("square", colours.COPPER, 2.2)))
    trenches = [
        Rule(
            "کانال سرویس · service trench",
            "\"levels\" = 'service'",
            "line",
            (line(colours.MAP_EDGE, 0.5),),
            scale_max=8000,
        ),
        Rule("کانال · trench", "\"levels\" <> 'service'", "line", (line(colours.MAP_EDGE, 1.8),)),
    ]
    named = "\"id\" || '\\n' || round(\"rating_kva\") || ' kVA · ' || round(\"loading_pct\") || ' %'"
    areas, voltages = _area_rules(hues), _voltage_rules(limit_pu)
    if plots_are_points:
        areas, voltages = _as_points(areas), _as_points(voltages)
    return [
        Style("transformers", "ratings", "rating and loading", qml([transformer], named, NAME_LABEL_SCALE, 8.5)),
        Style("cables", "levels", "by level", qml(_cable_rules(), '"type"', PLOT_LABEL_SCALE, 6.5)),
        Style("cables", "loading", "by loading", qml(_loading_rules(0.8)), default=False),
        Style("trenches", "trenches", "all trenches", qml(trenches)),
        Style("plots", "supply areas", "by transformer", qml(areas, '"plot_id"', PLOT_LABEL_SCALE, 6.5)),
        Style("plots", "voltage", "by lowest voltage", qml(voltages), default=False),
        Style("nodes", "kinds", "by kind", qml(_node_rules())),
        Style("findings", "severity", "by severity", qml(_finding_rules(), '"code"', NAME_LABEL_SCALE, 7.5)),
    ]


def _as_points(rules: Iterable[Rule]) -> list[Rule]:
    """The same legend for plots that are given as points."""
    found = []
    for rule in rules:
        look = rule.layers[0][1]
        options = {"name": "circle", "size": "2.6", "size_unit": "MM", "color": look["color"]}
        options |= {"outline_color": look["outline_color"], "outline_width": "0.2", "outline_width_unit": "MM"}
        found.append(Rule(rule.label, rule.filter, "marker", (("SimpleMarker", options),)))
    return found

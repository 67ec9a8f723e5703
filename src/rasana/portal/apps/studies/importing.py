"""Studies from the result folders of ``rasana study``: whole or not at all; the same folder again is the same study."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db.models import Max
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.exchange.result_folder import ResultFolder, read_result_folder
from rasana.exchange.words import sentence, term
from rasana.planning.finding import Refused
from rasana.portal.apps.estates.data import properties
from rasana.portal.apps.estates.maps import drawn_layers
from rasana.portal.apps.estates.models import Figure, FigureStatus, Plot
from rasana.portal.apps.studies import classes
from rasana.portal.apps.studies.maps import study_map
from rasana.portal.apps.studies.models import FileKind, Study, StudyFile
from rasana.portal.base import persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act
from rasana.portal.base.people import Estate

PLOTS_KNOWN_MIN = 0.5
"""A study of which the estate knows fewer of its plots than this share is another estate's."""
POWER = "power_published_kw"
MAPS = (("fa", FileKind.MAP_FA), ("en", FileKind.MAP_EN))


def import_study(actor: Actor, estate: Estate, folder: Path) -> Study:
    """Bring in the result folder of a study: its figures, findings, assumptions, files and maps, each by field class.

    The study's peak is written down as a figure of the estate, beside what was published about its power.

    Raises:
        ValidationError: the folder is no study, a file is not what its name says, or it is of another estate.
    """
    result = _read(folder)
    known = Study.objects.filter(estate=estate, folder_sha256=result.sha256).first()
    if known is not None:
        return known
    urls = _plot_urls(estate, result)
    findings = [
        {**each, "class": classes.of_finding(each), "number": number}
        for number, each in enumerate(sorted(result.findings, key=_severity), 1)
    ]
    with _no_orphans() as kept, act(actor, "study.import", None, estate=estate):
        last = Study.objects.filter(estate=estate).aggregate(Max("number"))["number__max"] or 0
        study = Study(
            estate=estate,
            number=last + 1,
            fingerprint=str(result.summary["fingerprint"])[:64],
            folder_sha256=result.sha256,
            person=actor.person,
            organisation=actor.organisation,
            figures=_figures(result),
            company_figures=_company_figures(result),
            findings=findings,
            assumptions=[{**each, "class": classes.of_assumption(each)} for each in result.assumptions],
            **_texts(result.summary),
        )
        study.save()
        _keep_files(kept, study, result)
        _keep_maps(kept, study, result, findings, urls)
        _note_peak(study)
    return study


def _read(folder: Path) -> ResultFolder:
    try:
        return read_result_folder(folder)
    except Refused as refused:
        language = "en" if (get_language() or "fa").startswith("en") else "fa"
        raise ValidationError({"folder": [sentence(fault, language) for fault in refused.faults]}) from refused


def _plot_urls(estate: Estate, result: ResultFolder) -> dict[str, str]:
    """Pages of the study's plots by plot id.

    Raises:
        ValidationError: the estate does not know most of them.
    """
    known = dict(Plot.objects.filter(estate=estate).values_list("plot_id", "pk"))
    names = [str(feature["properties"]["plot_id"]) for feature in result.plots]
    there = sum(name in known for name in names)
    if there < PLOTS_KNOWN_MIN * max(1, len(names)):
        told = _("This study is of another estate: %(known)s of its %(all)s plots are in %(name)s.")
        raise ValidationError({"folder": told % {"known": there, "all": len(names), "name": estate.name}})
    return {name: reverse("estates:plot", args=(known[name],)) for name in names if name in known}


def _severity(finding: Mapping[str, Any]) -> int:
    return ("error", "warning", "note").index(finding["severity"])


def _texts(summary: Mapping[str, Any]) -> dict[str, str]:
    label = str(summary.get("label") or "")
    texts = {name: str(summary.get(name) or "")[:30] for name in ("currency",)}
    return {
        **texts,
        "effort": str(summary.get("effort") or "")[:20],
        "standard": str(summary.get("standard") or "")[:60],
        "catalogue": str(summary.get("catalogue") or "")[:60],
        "engine_version": str(summary.get("version") or "")[:30],
        "label_en": label[:300],
        "label_fa": term(f"label.{label}", "fa", label)[:300] if label else "",
    }


def _figures(result: ResultFolder) -> dict[str, Any]:
    """What partners may read."""
    figures = {name: result.summary.get(name) for name in classes.PARTNER_FIGURES}
    served = Counter(str(each["properties"].get("transformer_id") or "") for each in result.plots)
    demanding = sum((each["properties"].get("plot_peak_kw") or 0) > 0 for each in result.plots)
    figures["plots_supplied"] = sum(served.values()) - served[""]
    figures["plots_demanding"] = demanding
    figures["substations"] = [
        {
            **{name: each["properties"].get(name) for name in classes.PARTNER_TRANSFORMER},
            "plots": served[str(each["properties"]["id"])],
        }
        for each in result.transformers
    ]
    return figures


def _company_figures(result: ResultFolder) -> dict[str, Any]:
    """What the electric companies alone may read."""
    figures: dict[str, Any] = {name: result.summary.get(name) for name in classes.COMPANY_FIGURES}
    figures["findings"] = result.summary.get("findings")
    lowest: dict[str, float] = {}
    for each in result.plots:
        station, voltage = each["properties"].get("transformer_id"), each["properties"].get("voltage_min_pu")
        if station and voltage is not None:
            lowest[station] = min(voltage, lowest.get(station, voltage))
    figures["substations"] = {
        str(each["properties"]["id"]): {
            "peak_kva": each["properties"].get("peak_kva"),
            "loading_pct": each["properties"].get("loading_pct"),
            "voltage_min_pu": lowest.get(str(each["properties"]["id"])),
        }
        for each in result.transformers
    }
    return figures


@contextmanager
def _no_orphans() -> Iterator[list[FieldFile]]:
    """A list of what was stored: the database forgets its rows when the act fails, the disk would not."""
    kept: list[FieldFile] = []
    try:
        yield kept
    except BaseException:
        for each in kept:
            each.storage.delete(each.name)
        raise


def _keep(kept: list[FieldFile], study: Study, kind: str, name: str, field_class: str, content: bytes) -> None:
    file = StudyFile(
        estate=study.estate,
        study=study,
        kind=kind,
        name=name,
        field_class=field_class,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    file.file.save(name, ContentFile(content), save=False)
    kept.append(file.file)
    file.save()


def _keep_files(kept: list[FieldFile], study: Study, result: ResultFolder) -> None:
    for name, path in result.files.items():
        _keep(kept, study, FileKind.RESULT, name, classes.of_file(name), path.read_bytes())


def _keep_maps(
    kept: list[FieldFile],
    study: Study,
    result: ResultFolder,
    findings: list[dict[str, Any]],
    urls: Mapping[str, str],
) -> None:
    """Maps for partners and for companies, in both languages, compressed."""
    told = ResultFolder(**{**vars(result), "findings": tuple(findings)})
    plan = drawn_layers(study.estate, ("P0",))
    for field_class in (classes.PARTNER, classes.COMPANY):
        for language, kind in MAPS:
            text = study_map(told, plan, field_class, language, urls)  # type: ignore[arg-type]
            _keep(
                kept,
                study,
                kind,
                f"{language}-{field_class}.json.gz",
                field_class,
                gzip.compress(text.encode(), mtime=0),
            )


def _note_peak(study: Study) -> None:
    """The study's peak beside the published need of power: figures that may disagree are shown side by side."""
    known, peak_kw = properties()[POWER], study.figures.get("peak_kw")
    if peak_kw is None:
        return
    number, short = study.number, study.fingerprint[:8]
    Figure(
        estate=study.estate,
        key=POWER,
        property_fa=known.name.fa,
        property_en=known.name.en,
        order=known.order,
        unit=known.unit,
        value=round(float(peak_kw) * known.scale, 3),
        source=f"study {number} ({short})",
        source_fa=f"مطالعه {persian.persian_digits(str(number))} ({short})",
        status=FigureStatus.DERIVED,
        field_class=classes.PARTNER,
        note_fa="اوج بار همزمان در افق مطالعه",
        note_en="coincident peak at the study's horizon",
        given_for=study.organisation,
    ).save()

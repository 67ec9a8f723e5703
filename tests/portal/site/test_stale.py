"""Two edit one record: the second sees both versions and chooses; neither is lost."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from rasana.portal.apps.problems.actions import report
from rasana.portal.apps.problems.models import Problem
from rasana.portal.base.actor import actor_of

pytestmark = pytest.mark.django_db


def test_the_second_sees_both_versions_and_may_save_his_over_the_other(world, client_of):
    report(actor_of(world.people["board", "officer"]), world.khodro, title="کابل", kind="line")
    problem = Problem.objects.get()
    first, second = client_of("operator", "expert"), client_of("operator", "head")
    address = reverse("problems:triage", args=[problem.pk])
    typed = {
        "version": problem.version,
        "triage-verdict": "accepted",
        "triage-severity": "3",
        "triage-note": "پذیرفته شد",
    }
    other = typed | {"triage-verdict": "referred", "triage-referred_to": "شرکت گاز", "triage-note": "از ما نیست"}
    assert first.post(address, other).status_code == 302
    answer = second.post(address, typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "پذیرفته شد" in page
    assert "شدت" in page, "fields have names"
    kept = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.split("<footer")[1]))
    assert kept["version"] == str(Problem.objects.get().version)
    assert kept["triage-note"] == "پذیرفته شد"
    assert Problem.objects.get().state == "referred", "nothing of the second was saved"

"""A whole meeting by its forms: six decisions of four parties, signed, sealed, six commitments, counted."""

from __future__ import annotations

import pytest
from django.apps import apps

from rasana.portal.apps.meetings.models import Decision, Meeting, Seal
from rasana.portal.apps.meetings.selectors import visible
from rasana.portal.apps.problems import actions as problems
from rasana.portal.base import clock
from rasana.portal.base.persian import format_date
from tests.portal.meetings.hand import Hand

pytestmark = pytest.mark.django_db
MOST = 60
SIGNERS = ("operator", "regional", "distribution", "governor")


def test_a_meeting_with_six_decisions_sealed_and_six_commitments(world, actor, client_of):
    problems.report(actor("board"), world.khodro, title="پست ۶۳/۲۰ ظرفیت ندارد", kind="supply_capacity", severity=4)
    organisations = world.organisations
    convener = Hand(client_of("operator", "head"), "/meetings/?estate=khodro")
    convener.follow("جلسه تازه")
    convener.fill("title", "برق فاز ۲")
    convener.fill("date", format_date(clock.today(), "fa", "short"))
    convener.fill("time", "۰:۰۱")
    convener.fill("place", "دفتر سازمان")
    convener.untick("parties", str(organisations["board"].pk))
    convener.untick("parties", str(organisations["contractor"].pk))
    convener.press("ارسال دعوت‌نامه")
    convener.press("آغاز جلسه و نگارش")
    item = Meeting.objects.get().items.get()
    for row, code in enumerate(["regional", "distribution", "governor"] * 2):
        convener.fill(f"d{item.pk}-{row}-text", f"کار {row + 1} انجام می‌شود.")
        convener.fill(f"d{item.pk}-{row}-responsible", str(organisations[code].pk))
        convener.fill(f"d{item.pk}-{row}-due", "۱۵ اسفند ۱۴۰۵")
    convener.press("ذخیره و ارسال برای امضا")
    total = 0
    for code in SIGNERS[1:]:
        signer = Hand(client_of(code, "head"), "/meetings/")
        signer.follow("برق فاز ۲")
        signer.press("امضا")
        total += signer.count
    convener.press("امضا")
    convener.press("قطعی کردن")
    assert Seal.objects.count() == 1
    address = convener.address
    for _decision in range(6):
        convener.press("ساختن تعهد")
        if convener.address != address:
            convener.count += 1  # back to the meeting
            convener.open(address)
    total += convener.count
    made = apps.get_model("commitments", "Commitment").objects.filter(estate=world.khodro)
    assert made.count() == 6
    assert set(made.values_list("debtor__code", flat=True)) == {"regional", "distribution", "governor"}
    assert Decision.objects.filter(dropped=False).count() == 6
    assert list(visible(actor("operator"))) == [Meeting.objects.get()]
    print(f"clicks and fields: {total}")
    assert total <= MOST, total

"""The daily digest: what waits for each person, in his language, by e-mail (to the console in the demo)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from rasana.portal.apps.desk.models import Visit
from rasana.portal.apps.desk.selectors import notices
from rasana.portal.apps.desk.tasks import tasks
from rasana.portal.base import clock
from rasana.portal.base.actor import actor_of
from rasana.portal.base.jobs import job
from rasana.portal.base.people import Person


@job("digest", every=timedelta(days=1))
def digest() -> int:
    """Send today's digest to everyone for whom something waits; who has had it today gets no second one.

    Returns:
        The number of messages sent.
    """
    today, moment = clock.today(), clock.now()
    sent = 0
    for person in Person.objects.filter(is_active=True, memberships__isnull=False).distinct():
        visit, _made = Visit.objects.get_or_create(person=person, defaults={"began_at": moment, "last_at": moment})
        if visit.digest_on == today:
            continue
        actor = actor_of(person)
        with translation.override(person.language):
            waiting = tasks(actor)
            news = list(notices(actor).filter(read_at__isnull=True)[:10])
            if waiting or news:
                context = {"tasks": waiting[:10], "count": len(waiting), "news": news, "person": person, "today": today}
                text = render_to_string("desk/digest.txt", {**context, "hosts": settings.ALLOWED_HOSTS})
                subject = _("Rasana: what waits for you today")
                send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [person.email])
                sent += 1
        visit.digest_on = today
        visit.save(update_fields=["digest_on"])
    return sent

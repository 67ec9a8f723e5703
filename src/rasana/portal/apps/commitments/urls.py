"""Addresses of the app."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.commitments import reports, verbs, views

app_name = "commitments"
urlpatterns = [
    path("commitments/", views.register, name="list"),
    path("commitments/promises/", reports.promises, name="promises"),
    path("commitments/<int:pk>/", views.detail, name="detail"),
    path("commitments/<int:pk>/files/<int:attachment>/", views.attachment, name="file"),
    path("commitments/<int:pk>/dossier/", views.dossier_now, name="dossier"),
    path("commitments/<int:pk>/agree/", verbs.agree, name="agree"),
    path("commitments/<int:pk>/deliver/", verbs.deliver, name="deliver"),
    path("commitments/<int:pk>/extension/", verbs.request_extension, name="request_extension"),
    path("commitments/<int:pk>/extension/grant/", verbs.grant, name="grant"),
    path("commitments/<int:pk>/extension/refuse/", verbs.refuse, name="refuse"),
    path("commitments/<int:pk>/verify/", verbs.verify, name="verify"),
    path("commitments/<int:pk>/dispute/", verbs.dispute, name="dispute"),
    path("commitments/<int:pk>/void/", verbs.void, name="void"),
    path("commitments/<int:pk>/link/", verbs.link, name="link"),
    path("commitments/<int:pk>/unlink/", verbs.unlink, name="unlink"),
    path("decisions/<int:pk>/commitment/", verbs.from_decision, name="from_decision"),
    path("estates/<slug:estate>/commitments/new/", verbs.create, name="create"),
    path("estates/<slug:estate>/reports/delay/", reports.delay, name="delay"),
]

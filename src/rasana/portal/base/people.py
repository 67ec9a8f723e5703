"""Organisations, the people in them, and the estates in whose case they meet."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rasana.portal.base.record import Record, RecordQuerySet, TwoNames


class OrganisationKind(models.TextChoices):
    """The six kinds of party."""

    OPERATOR = "operator", _("estate operator")
    REGIONAL = "regional_company", _("regional electric company")
    DISTRIBUTION = "distribution_company", _("distribution company")
    GOVERNOR = "governor", _("governor's office")
    BOARD = "board", _("estate's board")
    CONTRACTOR = "contractor", _("contractor")


class Role(models.TextChoices):
    """What a person does in an organisation, in one estate or in all of them."""

    OFFICER = "officer", _("officer")
    EXPERT = "expert", _("expert")
    SECRETARY = "secretary", _("secretary")
    HEAD = "head", _("head")
    DIRECTOR = "managing_director", _("managing director")
    VIEWER = "viewer", pgettext_lazy("role", "viewer")


class WorkWeek(models.TextChoices):
    """Weekly days off."""

    FRIDAY = "friday", _("Friday off")
    THURSDAY_FRIDAY = "thursday_friday", _("Thursday and Friday off")


class Organisation(Record, TwoNames):
    """A party: it promises, answers and is late as one, whoever acts for it."""

    code = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=30, choices=OrganisationKind.choices)
    short_fa = models.CharField(max_length=60)
    short_en = models.CharField(max_length=60)
    monogram = models.CharField(max_length=4)
    work_week = models.CharField(max_length=20, choices=WorkWeek.choices, default=WorkWeek.FRIDAY)

    class Meta:
        ordering = ("id",)

    @property
    def short(self) -> str:
        """The short name in the language of the page."""
        return self.short_fa if self.name == self.name_fa else self.short_en

    def standing(self, organisation: Organisation) -> set[str]:
        """Own: the people of this organisation."""
        return {"own"} if organisation.pk == self.pk else set()


class Holiday(Record, TwoNames):
    """A day off by decree. Lunar ones are estimated until confirmed; deadlines and clocks are computed again then."""

    date = models.DateField(unique=True)
    confirmed = models.BooleanField(default=False)
    cancelled = models.BooleanField(default=False)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("date",)

    def standing(self, organisation: Organisation) -> set[str]:
        """Everyone's to read; 'keeper' who is late by nobody's clock: the operator and the governor's office."""
        keepers = {OrganisationKind.OPERATOR, OrganisationKind.GOVERNOR}
        return {"reader", "keeper"} if organisation.kind in keepers else {"reader"}


class Estate(Record, TwoNames):
    """A trade estate. Its parties are those who sit in its case."""

    code = models.SlugField(max_length=60, unique=True)
    label_fa = models.CharField(max_length=300, blank=True)
    label_en = models.CharField(max_length=300, blank=True)
    parties = models.ManyToManyField(Organisation, through="EstateParty", related_name="estates")

    class Meta:
        ordering = ("id",)

    @property
    def label(self) -> str:
        """What must stand wherever the estate is shown, such as 'reconstruction from published counts'."""
        return self.label_fa if self.name == self.name_fa else self.label_en

    def estate_of(self) -> Estate:
        """Itself."""
        return self


class EstateParty(Record):
    """An organisation that is a party in an estate's case."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="party_rows")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="party_rows")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("estate", "organisation"), name="party_once"),)


class PersonManager(BaseUserManager.from_queryset(RecordQuerySet)):  # type: ignore[misc]
    """People by the e-mail address they sign in with; their organisation is read along with them."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """With the organisation: every page shows it."""
        return super().get_queryset().select_related("organisation")

    def get_by_natural_key(self, email: str) -> Any:
        """By address, whatever its case."""
        return self.get(email__iexact=email)


class Person(Record, AbstractBaseUser):
    """Someone who acts for an organisation. An administrator manages the people of his own organisation only."""

    email = models.EmailField(unique=True)
    name_fa = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="people")
    last_login = None  # the audit of sign-ins is the session's; a sign-in changes no record
    is_administrator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=2, default="fa", choices=(("fa", "فارسی"), ("en", "English")))
    session_epoch = models.PositiveIntegerField(default=0)
    """Raised to end every session of the person at once."""

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("id",)

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return TwoNames.name.fget(self)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        return self.name

    def standing(self, organisation: Organisation) -> set[str]:
        """Own: a colleague."""
        return {"own"} if organisation.pk == self.organisation_id else set()

    def check_password(self, raw_password: str) -> bool:
        """Whether it is the person's password. A hash of an older make is replaced, within an act like any change."""
        from rasana.portal.base.actor import actor_of
        from rasana.portal.base.audit import act

        def renew(password: str) -> None:
            with act(actor_of(self), "me.password", self) as person:
                person.set_password(password)
                person.save()
            self.password, self.version = person.password, person.version

        return check_password(raw_password, self.password, renew)

    def get_session_auth_hash(self) -> str:
        """What a session must carry to stay valid: it changes with the password and with ``session_epoch``."""
        return self._get_session_auth_hash()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac("rasana.session", value, secret=secret, algorithm="sha256").hexdigest()

    def snapshot(self) -> dict[str, Any]:
        """Without what nobody needs to read again: the password's hash."""
        return {key: value for key, value in super().snapshot().items() if key not in {"password"}}


class Membership(Record):
    """A role of a person, in one estate or (estate empty) in every estate of the organisation, from and until."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    estate = models.ForeignKey(Estate, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=30, choices=Role.choices)
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)

    def standing(self, organisation: Organisation) -> set[str]:
        """Own: a colleague's."""
        return {"own"} if organisation.pk == self.person.organisation_id else set()

    def estate_of(self) -> None:
        """People belong to their organisation, not to an estate's case."""
        return


class Delegation(Record):
    """A person stands in for a colleague until a date; what is done is recorded as done for the other."""

    giver = models.ForeignKey(Person, models.PROTECT, related_name="given")
    taker = models.ForeignKey(Person, models.PROTECT, related_name="taken")
    starts = models.DateField()
    ends = models.DateField()
    ended_early = models.BooleanField(default=False)
    reason = models.CharField(max_length=300)

    def standing(self, organisation: Organisation) -> set[str]:
        """Own: between colleagues."""
        return {"own"} if organisation.pk == self.giver.organisation_id else set()

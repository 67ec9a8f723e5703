"""All tables of the base, where Django looks for them."""

from rasana.portal.base.audit import AuditLine
from rasana.portal.base.ball import BallEvent
from rasana.portal.base.files import Attachment
from rasana.portal.base.jobs import Job
from rasana.portal.base.notify import Notice
from rasana.portal.base.people import (
    Delegation,
    Estate,
    EstateParty,
    Holiday,
    Membership,
    Organisation,
    Person,
)

__all__ = [
    "Attachment",
    "AuditLine",
    "BallEvent",
    "Delegation",
    "Estate",
    "EstateParty",
    "Holiday",
    "Job",
    "Membership",
    "Notice",
    "Organisation",
    "Person",
]

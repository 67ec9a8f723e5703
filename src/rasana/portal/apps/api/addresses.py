"""Which addresses a webhook may have: https, and nothing inside the office's own network."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

PORT_OF = {"https": 443, "http": 80}


def check_address(url: str) -> SplitResult:
    """The parts of an address that a webhook may have.

    Raises:
        ValidationError: not https, with a name and password in it, or a literal address that is not public.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValidationError({"url": _("This is no address. Example: https://office.example/rasana")}) from None
    if parts.scheme not in ({"https", "http"} if settings.RASANA_DEMO else {"https"}) or not parts.hostname:
        raise ValidationError({"url": _("Give a secure address, such as https://office.example/rasana")})
    if parts.username or parts.password or port == 0 or any(ord(letter) < 33 for letter in url):
        raise ValidationError({"url": _("This is no address. Example: https://office.example/rasana")})
    if not settings.RASANA_DEMO and not _may_be_public(parts.hostname):
        raise ValidationError({"url": _("This address is not on the public network.")})
    return parts


def _may_be_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        inside = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet")
        return "." in name and not name.endswith(inside) and not name.replace(".", "").isdigit()


def resolve(parts: SplitResult) -> str:
    """The network address that is connected to: looked up once, checked, and used as it is.

    Raises:
        OSError: the name is not known, or one of its addresses is not public.
    """
    port = parts.port or PORT_OF[parts.scheme]
    found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    if not settings.RASANA_DEMO and not all(ipaddress.ip_address(str(each)).is_global for each in found):
        raise OSError("not a public address")
    return str(sorted(map(str, found))[0])

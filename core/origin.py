"""Who asks, as far as an address tells: the origin that rate limits count."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

UNKNOWN = "unknown"
# In the environment of a request, once it has been looked up: whether the session or the key that it carries works.
CREDENTIAL_WORKS = "front_door.credential_works"
# A site gets a /64 at least, and whoever has one has all its addresses (RFC 6177, https://www.rfc-editor.org/rfc/rfc6177).
IPV6_PREFIX_BITS = 64
_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<v4>[^:\[\]]+))(?::\d{1,5})?")


def origin_of(address: str | None) -> str:
    """The origin of an address as the server or a proxy gives it: the IPv4 address, or the /64 network of an IPv6 one.

    A port and a scope (`%eth0`) are left out, and an IPv4-mapped IPv6 address is the IPv4 address that it stands for.
    Whatever is no address shares the one origin "unknown".
    """
    host = (address or "").strip()
    if match := _WITH_PORT.fullmatch(host):
        host = match["v6"] or match["v4"] or ""
    try:
        parsed = ip_address(host.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, IPv6Address):
        return _ipv6_origin(parsed)
    return str(parsed)


def _ipv6_origin(address: IPv6Address) -> str:
    mapped: IPv4Address | None = address.ipv4_mapped
    return str(mapped or IPv6Network((int(address), IPV6_PREFIX_BITS), strict=False))

"""Our own compact set of common stacks, in the place of Nmap's references where these are not installed.

The first answer alone is looked at (initial TTL, "don't fragment", order of options, window), as passive tools do
(M. Zalewski's p0f shows how much that tells); it names a family, never a version.

Limits: stacks that copy each other's order of options differ by window and TTL alone, so nothing here is sure.
"""

import tomllib

from periplus.findings import OsClass
from periplus.identify.os.reference import Builder, Reference, References

__all__ = ["CERTAINTY", "read_stacks"]

CERTAINTY = 0.9  # of a perfect fit
POINTS = {("OPS", "O1"): 50, ("T1", "T"): 25, ("T1", "TG"): 25, ("T1", "DF"): 10, ("WIN", "W1"): 15}
SLACK = 5  # hops by which a measured distance may be wrong


def read_stacks(text: str) -> References:
    """Read the set."""
    made = Builder(points=dict(POINTS))
    for line, each in enumerate(tomllib.loads(text)["os"], 1):
        cpe = (each["cpe"],) if "cpe" in each else ()
        os_class = OsClass(each["vendor"], each["family"], None, each["type"], cpe)
        ttl = each["ttl"]
        values = {
            ("OPS", "O1"): each["options"],
            ("WIN", "W1"): each.get("window"),
            ("T1", "TG"): f"{ttl:X}",
            ("T1", "T"): f"{ttl - SLACK:X}-{min(ttl + SLACK, 255):X}",
            ("T1", "DF"): None if "df" not in each else "NY"[each["df"]],
        }
        known = ((key, value) for key, value in values.items() if value is not None)
        made.add(Reference(each["name"], line, (os_class,)), known)
    return made.built()

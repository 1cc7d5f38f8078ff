"""Ports behind which fragile things listen, whatever the protocol: they get no data unless they are named one by one.

Printers print whatever reaches their raw ports. Controllers of plants and buildings have stopped at a datagram that a
server would shrug off, and stand where that does harm. To ask whether such a port is open is harmless enough; to say
something to it is not. This is the only list; everything that puts data into a packet or a connection asks it.

Sources: the service names of RFC 6335's registry (IANA), and the vendors' manuals for what is not registered.
"""

from collections.abc import Iterable

__all__ = ["FRAGILE", "INDUSTRIAL", "PRINTERS", "spared"]

PRINTERS = range(9100, 9108)  # raw ports of printers
INDUSTRIAL: dict[str, tuple[int, ...]] = {
    "Siemens S7 (ISO-TSAP)": (102,),
    "Modbus": (502,),
    "Red Lion Crimson": (789,),
    "Niagara Fox": (1911, 4911),
    "PCWorx": (1962,),
    "EtherNet/IP": (2222, 44818),
    "Digi": (2362,),
    "IEC 60870-5-104": (2404,),
    "CODESYS": (2455,),
    "KNXnet/IP": (3671,),
    "GigE Vision": (3956,),
    "Moxa": (4800,),
    "OPC UA": (4840,),
    "MELSEC": (5006, 5007),
    "HART-IP": (5094,),
    "FINS": (9600,),
    "GE SRTP": (18245,),
    "DNP3": (20000,),
    "ProConOS": (20547,),
    "Lantronix": (30718,),
    "Crestron": (41794,),
    "BACnet/IP": (47808,),
}
FRAGILE = frozenset(PRINTERS).union(*INDUSTRIAL.values())


def spared(named: Iterable[int] = ()) -> frozenset[int]:
    """Return the ports that get no data where the user named these one by one."""
    return FRAGILE.difference(named)

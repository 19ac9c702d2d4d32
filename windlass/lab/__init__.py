"""The local lab: disposable containers that behave as rented servers do, and an ACME server for them."""

from windlass.lab.acme import Acme
from windlass.lab.host import LabHost
from windlass.lab.lab import Lab
from windlass.lab.life import down, load, up

__all__ = ["Acme", "Lab", "LabHost", "down", "load", "up"]

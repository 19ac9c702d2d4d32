"""Tests press Ctrl-C: what a shell starts in the background ignores it, and so would all that they start.

And no generated example has to be quick, on a machine that is busy.
"""

from __future__ import annotations

import signal

from hypothesis import settings

signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

"""Tests press Ctrl-C: what a shell starts in the background ignores it, and so would all that they start."""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)

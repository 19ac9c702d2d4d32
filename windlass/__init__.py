"""Windlass hauls a Flask app from a bare Linux host to production, and keeps it there."""

__version__ = "0.1.0"

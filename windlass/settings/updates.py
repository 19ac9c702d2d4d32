"""Security updates."""

from windlass.settings.part import Part


class Updates(Part):
    """Security updates every day, after which services that use an old library are restarted; no reboots."""

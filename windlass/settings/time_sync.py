"""The time on a host."""

from windlass.settings.part import Part


class TimeSync(Part):
    """A clock kept right: systemd-timesyncd, unless the host has chrony or another."""

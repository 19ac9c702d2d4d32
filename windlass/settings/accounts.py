"""Accounts of people on the host."""

from windlass.settings.part import Part


class Accounts(Part):
    """Strong passwords and hashes, files that others cannot read (umask 077, in sudo as well), cron's folders closed,
    a legal notice.
    """

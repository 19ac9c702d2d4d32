"""What the kernel lets processes and the network do."""

from windlass.settings.part import Part


class Kernel(Part):
    """The kernel's own guards (sysctl), no core dumps, no modules for what a web server has no use for."""

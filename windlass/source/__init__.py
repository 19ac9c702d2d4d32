"""An app's code and requirements, read and checked on the control machine before any connection."""

from windlass.source.source import Source, load

__all__ = ["Source", "load"]

"""The inventory: Ansible's YAML format, Windlass's settings, and messages that say where."""

from windlass.inventory.inventory import Inventory, load

__all__ = ["Inventory", "load"]

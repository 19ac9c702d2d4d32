"""How releases of an app live on a host."""

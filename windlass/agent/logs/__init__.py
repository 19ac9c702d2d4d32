"""What apps and nginx say on a host."""

"""What crosses the wire: what the control machine asks (`requests`), what the agent answers (`answers`)."""

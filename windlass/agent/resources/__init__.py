"""The kinds of thing that a host can have."""

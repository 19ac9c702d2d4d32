"""What nginx's configuration says, and what visitors get by it."""

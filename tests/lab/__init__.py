"""Tests that drive real lab hosts."""

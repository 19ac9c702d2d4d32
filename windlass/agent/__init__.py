"""All that is shipped to a host, and runs there: standard library only, Python >= 3.9."""

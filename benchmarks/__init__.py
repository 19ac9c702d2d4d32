"""How fast Windlass is, as ratios to plain SSH and to a plain shell script in the same minute: `make bench`."""

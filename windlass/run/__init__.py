"""A run: what is to be done on hosts, in which order, over one exec for each."""

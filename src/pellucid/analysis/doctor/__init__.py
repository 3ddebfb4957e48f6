"""A user's own network code, examined: which gradient is wrong, and how."""

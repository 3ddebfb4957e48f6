"""A learner's own network code, examined: which gradient is wrong, and how."""

"""A trace in words and steps: each number of a pass as a formula, its operands and its value."""

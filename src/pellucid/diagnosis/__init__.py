"""What is wrong: with a learner's own network code, and with a training."""

"""What went wrong in a training, with the evidence and one remedy."""

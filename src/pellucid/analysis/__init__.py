"""What is going on inside: explanations, the loss landscape, findings about a training, hand-written code examined."""

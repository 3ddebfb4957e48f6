"""What is saved: a network with the names, the preprocessing and the origin of its data, and the file that holds it."""

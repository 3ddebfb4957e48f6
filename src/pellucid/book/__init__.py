"""The book: what its chapters and their exercises are made of."""

"""One file for each format: how it is recognised, read into arrays, and streamed; ``registry`` lists them."""

"""The loss as a surface over two directions in the space of θ, and the way that training took over it."""

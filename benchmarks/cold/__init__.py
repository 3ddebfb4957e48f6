"""One script a peer: a fresh process loads MNIST, trains 784-32-16-10 and prints the accuracy on the test digits."""

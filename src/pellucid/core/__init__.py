"""The engine: a network, its training and its gradients, in NumPy alone. It imports nothing above it.

Read the files in this order; it takes about an hour.

The pass: ``network`` (forward and backward: start here), ``trace`` (the arrays of one batch), ``activations`` and
``losses`` (each value beside its slope), ``initializers`` (how the weights start).

The training: ``optimizers`` (how a gradient moves θ), ``schedules`` (the learning rate over time), ``batches`` (rows
shuffled and gathered), ``batch_group`` (sixteen mini-batches scored together), ``training`` (the loop), ``progress``
(what a training tells of itself), ``early_stopping`` (the best θ so far, and when to stop).

How good it is: ``metrics`` (arrays to scores), ``evaluation`` (a network on data), ``gradient_check`` (numeric
gradients), ``reference`` (the same mathematics, slow and obvious: the oracle of the tests).

The tools of all: ``registry`` (names to classes), ``checks`` (arguments, checked at the edge), ``threads`` (cores and
BLAS threads), ``arrays``, ``errors``, ``display`` (a hook for notebooks).
"""

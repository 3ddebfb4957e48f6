"""The engine: a network, its training and its gradients, in NumPy alone (threadpoolctl is used where it is installed).

It imports no other room. Read the files in this order; the first two parts take about an hour.

The pass: ``arrays`` (kinds of arrays, pixels to floats), ``network`` (forward and backward: the heart), ``reference``
(the same mathematics, slow and obvious: the oracle of the tests), ``trace`` (the arrays of one mini-batch),
``activations`` and ``losses`` (each value beside its slope), ``initializers`` (how the weights start).

The training: ``optimizers`` (how a gradient moves θ), ``schedules`` (the learning rate over time), ``batches`` (rows
shuffled and gathered), ``metrics`` (arrays to scores), ``progress`` (what a training tells of itself), ``training``
(epochs), ``work`` (what stays the same through a training), ``numpy_engine`` (the steps of an epoch),
``step_gradient`` (the gradient of a step), ``early_stopping`` (the best θ so far, and when to stop).

On many ranks: ``ranks`` (what a training asks of them), ``shares`` (which rows of each batch are whose).

What makes it fast and safe: ``batch_group`` (up to sixteen mini-batches scored together: skip it at first),
``evaluation`` (a network on data), ``gradient_check`` (numeric gradients), ``checks`` (arguments, checked at the edge),
``registry`` (names to classes), ``threads`` (cores and BLAS threads), ``display`` (a hook for notebooks),
``engines`` (one for other engines), ``errors``.
"""

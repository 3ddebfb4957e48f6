"""The compiled engine: the same passes and steps as in core, as plain Python loops that Numba compiles.

Optional (``pip install 'pellucid[fast]'``), and loaded when it is used. Read ``formulas`` (activations and losses,
number by number), ``layers`` (forward and back), ``updates`` (the optimisers), ``steps`` (many steps in one call); then
``layout`` (what these functions take), ``memory`` and ``engine`` (what training sees of it), ``blas`` and ``products``
(matrix products), ``sparse`` and ``packing`` (the first layer on inputs that are mostly 0), ``jit`` (how it is
compiled), ``native`` and ``calls`` (how it is loaded without Numba, kept and called), ``waiting`` (a hook for who waits
for a compilation). ``choice`` says when it pays, ``kinds`` what it knows, ``kept`` where code is kept.
"""

"""The grader: an exercise is known by its function's name, tried with fresh inputs, and what is wrong with it is named.

The expected numbers are computed here; the learner's code runs elsewhere, gets inputs and gives outputs. The files in
the order in which to read them:

``exercise`` (what an exercise is), ``exercises/`` (the table of all of them), ``inputs`` (what stands for a random
generator and for a function among the inputs), ``judge`` (from outputs to a verdict: start here), ``compare`` (the
first number that differs), ``errors`` (what an error means), ``gradients`` (what the doctor knows of a wrong gradient).

``transport`` (inputs and outputs as text), ``calls`` (a learner's function, called), ``learner`` (the functions in a
learner's file), ``child`` (the process in which they run), ``submission`` (a file or a folder, graded), ``marks`` (a
class as a table), ``cell_magic`` (``%%grade``, for notebooks).
"""

"""The table of exercises, in the order of the chapters; one that is added stands in ``EXERCISES``, and nowhere else.

A process that runs a learner's code cannot import this package: the answers are here.
"""

from pellucid.book.grading.exercise import Exercise
from pellucid.book.grading.exercises.data import BASELINE_ACCURACY, ONE_HOT, SPLIT, STANDARDIZE
from pellucid.book.grading.exercises.descent import BATCHES, DESCEND, HE_INIT
from pellucid.book.grading.exercises.gradients import BACKWARD, MENDED_BACKWARD, NUMERIC_GRADIENT
from pellucid.book.grading.exercises.landscape import ALONG, FILTER_NORMALIZED
from pellucid.book.grading.exercises.later import ADAM_STEP, DROPOUT, MOMENTUM_STEP
from pellucid.book.grading.exercises.neurons import BIAS_FOR, COUNT_PARAMETERS, LAYER, NEURON, SIGMOID, THREE_NEURONS
from pellucid.book.grading.exercises.passes import ACCURACY, CROSS_ENTROPY, FORWARD, OUTPUT_DELTA, SOFTMAX

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        NEURON, SIGMOID,
        THREE_NEURONS, BIAS_FOR,
        LAYER, COUNT_PARAMETERS,
        SPLIT, STANDARDIZE,
        SOFTMAX, FORWARD,
        CROSS_ENTROPY, OUTPUT_DELTA, ACCURACY,
        NUMERIC_GRADIENT, BACKWARD,
        DESCEND, BATCHES,
        HE_INIT, MENDED_BACKWARD,
        ALONG, FILTER_NORMALIZED,
        MOMENTUM_STEP, ADAM_STEP, DROPOUT,
        ONE_HOT, BASELINE_ACCURACY,
    )
}  # fmt: skip

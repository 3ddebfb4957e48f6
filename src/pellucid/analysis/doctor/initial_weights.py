"""The initial weights: are neurons alike, or weights so large that sigmoids are flat, from the first step on?"""

import numpy as np

from pellucid.analysis.doctor.arrays import at
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.reference_network import reference_pass
from pellucid.analysis.doctor.roles import fitting
from pellucid.analysis.doctor.symmetry import count_alike, finding
from pellucid.analysis.layer_health import FLAT

SATURATED = 0.5  # the share of saturated activations above which the start is too wide


def examine_initial_weights(exam: Examination) -> None:
    """See how many activations are saturated with the weights that init makes."""
    if exam.net is None or exam.initial is None:
        return
    weights = {q: at(exam.initial, path) for q, path in exam.paths.items()}
    if any(np.shape(array) != np.shape(exam.array(*q)) for q, array in weights.items()):
        return
    count = count_alike([np.asarray(array) for array in weights.values()])
    if count is not None and len(fitting(exam.functions, "init")) < 2:  # where there are several, one may show this
        exam.findings.append(finding(count, exam.functions.at_line("init")))
    hidden = [layer.activation for layer in exam.net.layers[:-1]]
    X = np.abs(exam.X) if exam.user_data is None else exam.user_data[0][:200].astype(np.float64)
    size = np.sqrt((X * X).mean(axis=0)).max()
    if size > 2:  # that the inputs are large is another matter
        X = X / size
    net, bounded = reference_pass(weights, exam.layout, hidden, X), [f for f in hidden if f.bounded]
    for l, (layer, z) in enumerate(zip(net.layers, net.z, strict=True), start=1):
        f = layer.activation
        saturated = np.mean(f.slope(z) < FLAT * f.slope(np.zeros((1, 1)))) if f.bounded else 0.0
        if saturated > SATURATED:
            W = weights[Quantity("W", l)]
            exam.add(
                Quantity("W", l),
                f"the start is too wide: layer {l}'s {f.name}s are saturated from the first step on",
                f"{100 * saturated:.0f} % of the activations stand where the slope is below 5 % of its "
                f"greatest; W{l} has a root mean square of {np.sqrt(np.mean(np.square(W))):.3g}",
                f"W{l} = rng.standard_normal({np.shape(W)}) / np.sqrt({exam.sizes[l - 1]})",
            )
            return
    if bounded:
        exam.compared.append("the start: hidden neurons are not saturated")

"""What is saved: a network with the names, the preprocessing and the origin of its data, and the file that holds it.

``model`` (the network and what stands beside it), ``preprocessing`` and ``columns`` (a table's columns to inputs, and
outputs to the target's units), ``model_file`` (safetensors in and out), ``additions`` (activations, losses and
optimisers beside the engine's own).
"""

from pellucid.model import additions as additions  # so that every model file and command knows them

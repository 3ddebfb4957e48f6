"""The doctor: examines a network that a user wrote by hand, and says which gradient is wrong, and how.

It imports the engine and nothing else of pellucid but findings, layer_health and _files, so that it could be a package
of its own. The files in the order in which to read them:

The examination as a whole: ``doctor`` (all steps, in the order of causes: start here), ``examination`` (what is known
of the network so far, which every step reads and adds to), ``diagnosis`` (what is said in the end).

1. The user's code is read. ``source`` (the text of a script or of a notebook's cells), ``python2`` (older code as
   Python 3), ``user_file`` (what of a file is run at once, and what is deferred), ``user_namespace`` (the same of a
   running session), ``stand_ins`` (for what is not there: ``absent_modules`` and ``made_up_data``), ``sandbox`` (a call
   that may fail, print or never end), ``naming`` (what names mean: dW1, grad_w1), ``arrays`` (where W1 and dW1 stand in
   what a function returns), ``role_names`` (what functions are
   called), ``roles`` (which function is forward, which is backward), ``available_values`` (what functions can be
   handed), ``own_calls`` (what the file itself hands to them: sizes, lists of layers), ``signatures`` (functions are
   called with what their arguments' names ask for), ``dataflow`` (names that nothing defines, values handed on in the
   wrong order), ``sample_count`` (a global m that counts other samples),
   ``idle_momentum`` (a momentum that is set to 0 at every step).
   ``ways`` (the ways in which code is written, tried in turn; each makes functions of it: ``driven``), ``global_way``
   (parameters that are global names), ``class_way`` (one class, a ``held_network``, whose ``objects`` hold the
   parameters), ``script_way`` (a training loop with everything inside it, whose statements ``loop_code`` reads),
   ``layer_way`` (layer objects, each examined alone).
2. The network is found by trying. ``probe`` (small random parameters, a batch unlike every layer's size),
   ``reference_network`` (the same weights in a Network, and how the user lays out arrays).
3. The forward pass is compared layer by layer. ``candidates`` (the activations and losses that are known, a row for
   each), ``forward`` (the user's numbers against the reference network's), ``helpers`` (softmax and one_hot on their
   own).
4. The gradients are compared with differences of the user's own loss, or of losses that they may be of. ``backward``
   (this step as a whole), ``loss`` (which loss it is), ``user_gradients`` (what backward returns),
   ``numeric_gradients`` (central differences), ``known_mistakes`` (what each mistake is called, and its numbers),
   ``match_mistakes`` (the fewest mistakes that give the user's numbers), ``remedies`` (the right line in the user's
   own names), ``findings`` (one finding for each cause).
5. The step and the training are watched. ``update`` (does each parameter move against its gradient?),
   ``optimizer_state`` (momentum, and learning rates that are global names), ``training_loop`` (a few epochs on small
   data), ``inline_update`` (the step of a training function that updates by itself).
6. The user's data and the start are examined. ``user_data`` (scaled, and in step with the labels?),
   ``initial_weights`` (are neurons saturated before training begins?), ``symmetry`` (or all alike?).
7. The file's own first step has the last word. ``own_state`` (all numbers in the user's variables), ``own_turn`` (a
   turn of a loop, run again from other parameters), ``own_run`` (the file is run up to the first turn of a loop that
   trains; ``unrolled`` lets lists be loops), ``own_losses`` (what in it may be the loss), ``own_slopes`` (how the
   parameters move along its slopes), ``own_gradients`` (those that an optimiser is handed), ``own_optimizer`` (steps
   beyond plain descent), ``own_gathered`` (steps that come after some turns), ``own_doubt`` (a loss of single numbers
   is believed turn after turn),
   ``own_step`` (a turn examined: no name has to be understood), ``own_verdict`` (what it says of each parameter),
   ``own_pairs`` (does each sample stand beside its own label?), ``own_driver`` (a small program that trains what the
   file itself never calls; ``driver_arguments`` and ``driver_parts`` say what it hands over),
   ``second_opinion`` (what that changes in the diagnosis).

Around it, for code that nobody should have to trust: ``safe_run`` (starts a process, waits, and tells what became of
it), ``confined`` (that process, from both sides), ``folder_copy`` (what it works on), ``child`` (what runs in it),
``guard`` (what it may no longer do).
``cell_magic`` is ``%%doctor``, for notebooks.
"""

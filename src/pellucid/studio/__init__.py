"""The studio: watch a network learn, look inside, go back, change it, in the browser.

Training is a process of its own, and shows what it does by θ alone; everything else is computed beside it, from a copy
of θ, by the same engine. Read the files in this order.

The training: ``knobs`` (what can be turned, and when it acts), ``places`` (where in θ a weight, a neuron, a pixel is),
``journal`` (what was changed, and when), ``keeper`` (checkpoints of all state, to go back to), ``course`` (a training
that stops, changes, goes back and goes on to the same bits), ``changes`` (what an entry of the journal does to it).

The process: ``published`` (memory that both sides see), ``worker`` (the loop of the process), ``commands`` (what it can
be asked for), ``trainer`` (the side of the server).

What is shown: ``sight`` (a network at one moment), ``frame`` (its tensors as bytes), ``handles`` (inputs and their
answers), ``number`` (one number, opened), ``plane`` (neurons over the plane), ``held_out`` (scores and mistakes),
``surface`` (the landscape, computed beside), ``toys`` (small data to play with), ``uploads`` (data of one's own).

The server: ``session`` (what is open), ``safety`` (who may ask), ``stream`` (what is announced), ``asked`` (requests
read with care), ``routes_look``, ``routes_do`` and ``routes_files`` (the answers), ``server`` (all of it, started and
ended).
"""

"""Many trainings to find settings: what is searched, the trials and who does them, the store, what came of it.

Read ``space`` (what is searched), ``trial`` (one training), ``workers`` (who does them), ``store`` (the journal), then
``sweep``, which puts them together; ``importance`` and ``parallel`` show what was found.
"""

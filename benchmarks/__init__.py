"""pellucid beside its bound and its peers: ``python -m benchmarks`` in the checkout; README.md says what it does."""

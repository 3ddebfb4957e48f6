"""Tables beside scikit-learn's perceptrons: ``python -m benchmarks.tables``."""

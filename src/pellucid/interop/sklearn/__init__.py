"""The estimators for scikit-learn, and what is behind their parameters."""

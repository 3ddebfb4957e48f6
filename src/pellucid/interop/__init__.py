"""The tools that people already use: scikit-learn estimators, models for other libraries, and theirs in pellucid."""

"""Files, whatever is in them: what reading one may cost, and how one is written."""

"""Networks, traces, histories and scores as matplotlib figures."""

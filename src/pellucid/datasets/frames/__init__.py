"""Tables of columns: text and data frames become typed columns, and columns become inputs and targets."""

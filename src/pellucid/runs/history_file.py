"""``history.csv``: the history of a run as a table for people, a row an epoch."""

import csv
import io
import math

from pellucid.core.progress import COLUMNS, WHOLE, History


def history_csv(history: History) -> str:
    """The table with a header, without the columns that stay empty; every float to its last digit.

    >>> history_csv(History([[1, 10, 0.1, 2.0, 0.5, 0.75, math.nan, math.nan, math.nan, math.nan]])).splitlines()
    ['epoch,steps,learning_rate,gradient_norm,train_loss,train_accuracy', '1,10,0.1,2.0,0.5,0.75']
    """
    used = [k for k in range(len(COLUMNS)) if k < 5 or any(not math.isnan(row[k]) for row in history.rows)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([COLUMNS[k] for k in used])
    for row in history.rows:
        table.writerow([_cell(COLUMNS[k], row[k]) for k in used])
    return text.getvalue()


def _cell(column: str, value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if column in WHOLE else repr(value)
